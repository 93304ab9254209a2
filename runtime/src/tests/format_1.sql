-- A store as the first format had it: a run that had ended, and one that was interrupted behind its first step.
pragma page_size = 8192;
create table meta (key text primary key, value text not null) strict, without rowid;
create table program (hash text primary key, body text not null) strict;
create table run (
    id text primary key,
    workflow text not null,
    program text not null references program (hash),
    base_dir text not null,
    input text not null,
    env text not null,
    state text not null,
    outcome text,
    started integer not null,
    ended integer,
    cancel_requested integer not null,
    owner text
) strict;
create index run_started on run (started, id);
create index run_going_on on run (started, id) where state = 'running';
create index run_to_cancel on run (owner) where cancel_requested = 1 and state = 'running';
create table journal (
    run text not null,
    seq integer not null,
    at integer not null,
    kind text not null,
    key text not null,
    attempt integer not null,
    signature text not null,
    body text not null,
    primary key (run, seq)
) strict, without rowid;
insert into meta values ('format', '1');
insert into program values ('p', '{}');
insert into run values ('ended', 'main', 'p', '/project', '{"n":1}', '{}', 'done', '[1]', 5, 9, 0, null);
insert into run values ('going', 'main', 'p', '/project', '{"n":2}', '{"REGION":"north"}', 'running', null, 7, null, 0, '4711-gone');
insert into journal values ('going', 1, 8, 'done', 'main/one', 1, 's', '{"z":1,"a":"@not a blob"}');
insert into journal values ('going', 2, 9, 'fired', 'main/two', 0, 't', 'wake');
pragma application_id = 1282368373;
