-- database: inside
-- Where a register lies, without its number (for the list of towns at a machine) and without its 筆頭者 (for an application
-- that names that person in kana). Both are filled by the next load.
ALTER TABLE family_registers ADD COLUMN town TEXT;
ALTER TABLE family_registers ADD COLUMN domicile_key TEXT;
CREATE INDEX family_registers_by_town ON family_registers (generation, town);
CREATE INDEX family_registers_by_domicile ON family_registers (generation, domicile_key);
