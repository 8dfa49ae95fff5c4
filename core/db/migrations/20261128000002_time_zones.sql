-- migrate:up
-- A store lives by the clock of its place: its days end there, not in Paris.

-- The same table as values.zones; a test holds them equal.
CREATE FUNCTION time_zone_of(department text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE department
        WHEN '971' THEN 'America/Guadeloupe'
        WHEN '972' THEN 'America/Martinique'
        WHEN '973' THEN 'America/Cayenne'
        WHEN '974' THEN 'Indian/Reunion'
        WHEN '975' THEN 'America/Miquelon'
        WHEN '976' THEN 'Indian/Mayotte'
        WHEN '977' THEN 'America/St_Barthelemy'
        WHEN '978' THEN 'America/Marigot'
        WHEN '986' THEN 'Pacific/Wallis'
        WHEN '987' THEN 'Pacific/Tahiti'
        WHEN '988' THEN 'Pacific/Noumea'
        ELSE 'Europe/Paris'
    END
$$;

ALTER TABLE store ADD COLUMN time_zone text; -- IANA name
UPDATE store SET time_zone = time_zone_of(department);
-- Stores are thousands, and written by people: the check takes no time, and the trigger below fills the column.
-- squawk-ignore adding-not-nullable-field
ALTER TABLE store ALTER COLUMN time_zone SET NOT NULL;

-- A store that says nothing else has the zone of its department, and moves with it; a name of no zone is refused.
CREATE FUNCTION keep_time_zone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.department <> OLD.department AND NEW.time_zone = OLD.time_zone
            AND OLD.time_zone = time_zone_of(OLD.department) THEN
            NEW.time_zone := time_zone_of(NEW.department);
        END IF;
    END IF;
    NEW.time_zone := coalesce(NEW.time_zone, time_zone_of(NEW.department));
    PERFORM clock_timestamp() AT TIME ZONE NEW.time_zone;
    RETURN NEW;
END $$;
CREATE TRIGGER store_time_zone BEFORE INSERT OR UPDATE OF department, time_zone ON store
    FOR EACH ROW EXECUTE FUNCTION keep_time_zone();

-- migrate:down
DROP TRIGGER store_time_zone ON store;
DROP FUNCTION keep_time_zone();
ALTER TABLE store DROP COLUMN time_zone;
DROP FUNCTION time_zone_of(text);
