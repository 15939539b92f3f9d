-- Sessions get a name that lets nobody in, and where they come from; accounts may wait to be deleted.

alter table sessions add column session blob not null default x'';
alter table sessions add column program text not null default '';
alter table sessions add column system text not null default '';
alter table sessions add column address text not null default '';
update sessions set session = randomblob(16);
create unique index sessions_by_name on sessions (session);

alter table accounts add column closing integer;  -- when it will be deleted
