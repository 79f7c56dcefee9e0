-- Who used what before, for the risk of a first time: a digest of subject, target and effect, and the last day of use.
create table uses (
  use_key text primary key,
  used_at bigint not null
);

create index uses_by_time on uses (used_at);
