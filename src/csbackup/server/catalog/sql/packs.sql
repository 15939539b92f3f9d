-- name: pack_number(account, pack)^
select number from packs where account = :account and pack = :pack;
