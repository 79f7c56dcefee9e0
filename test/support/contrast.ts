/** Texts of a page that do not stand out enough from what is behind them, as WCAG counts it (4.5:1; 3:1 for large ones). */
import type { Page } from 'playwright-core';

/** What of the browser's own is used below; the rest of the project knows no page. */
interface Shown {
  readonly parentElement: Shown | null;
  readonly childNodes: Iterable<{ readonly nodeType: number; readonly textContent: string | null }>;
  checkVisibility(): boolean;
  getClientRects(): { readonly length: number };
  matches(selector: string): boolean;
}
interface Drawing {
  fillStyle: string;
  clearRect(x: number, y: number, width: number, height: number): void;
  fillRect(x: number, y: number, width: number, height: number): void;
  getImageData(x: number, y: number, width: number, height: number): { readonly data: Uint8ClampedArray };
}
declare const document: { querySelectorAll(selector: string): Iterable<Shown> };
declare const getComputedStyle: (element: Shown) => Record<'backgroundColor' | 'color' | 'clipPath' | 'fontSize' | 'fontWeight', string>;
declare const OffscreenCanvas: new (width: number, height: number) => { getContext(kind: '2d', options: object): Drawing };

const TEXT_NODE = 3;

export async function faintTexts(page: Page): Promise<readonly string[]> {
  return page.evaluate(findFaint, TEXT_NODE);
}

/** Runs in the page, so it holds all that it needs. */
function findFaint(textNode: number): string[] {
  type Colour = readonly [red: number, green: number, blue: number, alpha: number];
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const read = (text: string): Colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0, alpha = 0] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = (top: Colour, below: Colour): Colour => {
    const mix = (at: 0 | 1 | 2): number => top[at] * top[3] + below[at] * (1 - top[3]);
    return [mix(0), mix(1), mix(2), 1];
  };
  const behind = (element: Shown | null): Colour => {
    if (!element) return [255, 255, 255, 1];
    const own = read(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own : over(own, behind(element.parentElement));
  };
  const luminance = ([red, green, blue]: Colour): number => {
    const linear = (value: number): number => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  };
  const faint = new Set<string>();
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes].filter((node) => node.nodeType === textNode).map((node) => node.textContent?.trim() ?? '');
    const style = getComputedStyle(element);
    const isShown = element.checkVisibility() && element.getClientRects().length > 0 && style.clipPath === 'none';
    if (text.join('') === '' || !isShown || element.matches(':disabled, :disabled *')) continue;
    const background = behind(element);
    const [a, b] = [luminance(over(read(style.color), background)), luminance(background)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const isLarge = Number.parseFloat(style.fontSize) >= 24 || (Number.parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) faint.add(`${text.join(' ').slice(0, 60)}: ${ratio.toFixed(2)}:1`);
  }
  return [...faint];
}
