-- database: inside
-- Every card with the city's application that holds, or may hold, what a person chose as their emergency card: which choice, and
-- since when; no time while it is being written. The row goes when the chip holds it no more.
CREATE TABLE emergency_card_copies (
    resident_id TEXT   NOT NULL,
    card_id     TEXT   NOT NULL,
    chosen_at   BIGINT NOT NULL,
    written_at  BIGINT,
    PRIMARY KEY (resident_id, card_id)
);
INSERT INTO emergency_card_copies (resident_id, card_id, chosen_at, written_at)
    SELECT resident_id, written_card, CASE WHEN content IS NOT NULL AND written_at >= chosen_at THEN chosen_at ELSE written_at END,
           written_at
    FROM emergency_cards WHERE written_card IS NOT NULL AND written_at IS NOT NULL;
-- Not used from now on; the columns go in a later release.
UPDATE emergency_cards SET written_at = NULL, written_card = NULL;
-- Whose portal is to be told what the desk wrote or erased; once told, the row goes.
CREATE TABLE emergency_card_untold (
    resident_id TEXT   NOT NULL PRIMARY KEY,
    changed_at  BIGINT NOT NULL
);
