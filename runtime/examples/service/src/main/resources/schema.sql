create table if not exists memory (
    id bigint generated always as identity primary key,
    content binary large object not null -- the format of Memory.toBytes
);
