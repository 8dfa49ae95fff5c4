-- migrate:up
SELECT allow_at_first('webhooks.read', '{hotline,technician,back_office,sales,supervisor,administrator}');
SELECT allow_at_first('webhooks.write', '{technician,supervisor,administrator}');

-- migrate:down
DELETE FROM role_permission WHERE permission IN ('webhooks.read', 'webhooks.write');
DELETE FROM founding_permission WHERE permission IN ('webhooks.read', 'webhooks.write');
