/** One that hears, among its neighbours. */
interface Place<News extends readonly unknown[]> {
  listener: ((...news: News) => void) | undefined;
  before: Place<News>;
  after: Place<News>;
}

/**
 * Who hears of something that happened, in the order of their coming. One that fails harms neither the others nor what they hear of.
 *
 * Every command listens while it runs. They stand in a ring, whose places let go of each other, since the engine's own sets do not: a set that
 * grew out of its table leaves the old one pointing to the new one, and once one of those tables is old, each later one, with whoever stood
 * in it, survives until everything is collected (decision 054).
 */
export class Listeners<News extends readonly unknown[] = []> {
  readonly #first: Place<News> = alone();
  readonly #report: (error: unknown) => void;

  constructor(report: (error: unknown) => void = () => {}) {
    this.#report = report;
  }

  get areSome(): boolean {
    return this.#first.after !== this.#first;
  }

  /** The result ends it. */
  add(listener: (...news: News) => void): () => void {
    const first = this.#first;
    const place: Place<News> = { listener, before: first.before, after: first };
    first.before.after = place;
    first.before = place;
    return () => leave(place);
  }

  /** Not told are those who come, or have left, meanwhile. */
  tell(...news: News): void {
    for (const place of this.#places()) {
      try {
        place.listener?.(...news);
      } catch (error) {
        this.#report(error);
      }
    }
  }

  clear(): void {
    for (const place of this.#places()) leave(place);
  }

  #places(): readonly Place<News>[] {
    const places: Place<News>[] = [];
    for (let place = this.#first.after; place !== this.#first; place = place.after) places.push(place);
    return places;
  }
}

function alone<News extends readonly unknown[]>(): Place<News> {
  // Its neighbours are itself, which there is only now.
  const place = { listener: undefined } as Place<News>;
  place.before = place;
  place.after = place;
  return place;
}

/** More than once does nothing. */
function leave<News extends readonly unknown[]>(place: Place<News>): void {
  place.before.after = place.after;
  place.after.before = place.before;
  place.before = place;
  place.after = place;
  place.listener = undefined;
}
