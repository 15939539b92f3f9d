-- name: open_upload(upload, device, now)!
insert into uploads (upload, device, started, last_contact) values (:upload, :device, :now, :now);

-- name: upload_by_id(upload)^
select device, last_contact, finished from uploads where upload = :upload;

-- name: touch_upload(upload, now)!
update uploads set last_contact = max(last_contact, :now) where upload = :upload;

-- name: finish_upload(upload, now)!
update uploads set finished = :now where upload = :upload and finished is null;
