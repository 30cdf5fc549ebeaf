-- database: outside
-- By which means a session of the portal began, for the person's own list.
ALTER TABLE portal_sessions ADD COLUMN means TEXT;
