//! The letter that says there are new schemes: one a day for whoever it concerns. It names none; they stand on the page.

use base::Seams;
use store::{StoreError, Tx};
use tools::mailbox::{Block, Body, DeliveryLaw, Importance, Letter, LetterId, Sender, arrivals, consents, letter};
use tools::portal::AccountId;

/// The campaign of these letters: their page leads to the schemes.
pub const CAMPAIGN: &str = "schemes";
/// The class under which a person may stop them, as all free notices.
const CLASS: &str = "news";

/// Places today's letter into the box of `account`, once; from there the channels tell. Not for somebody who stopped free
/// notices.
///
/// # Errors
/// [`StoreError`].
pub fn place(tx: &mut Tx<'_>, seams: &Seams, account: AccountId) -> Result<(), StoreError> {
    let stop = format!("{}{CLASS}", consents::STOPPED);
    if consents::of(tx, account)?.iter().any(|one| one.class == stop && one.withdrawn_at.is_none()) {
        return Ok(());
    }
    let letter = of_today(tx, seams)?;
    if tools::mailbox::items::find(tx, account, letter.id)?.is_some() {
        return Ok(());
    }
    arrivals::place(tx, seams, &letter, &[account])
}

fn of_today(tx: &mut Tx<'_>, seams: &Seams) -> Result<Letter, StoreError> {
    let today = seams.today();
    let row = tx.query_one("SELECT letter_id FROM scheme_letters WHERE day = $1", &[today.into()])?;
    let kept = match row.as_ref().map(|row| row.text(0)).transpose()?.and_then(LetterId::parse) {
        Some(id) => letter::find(tx, id)?,
        None => None,
    };
    if let Some(kept) = kept {
        return Ok(kept);
    }
    let made = written(seams);
    letter::keep(tx, &made)?;
    tx.execute(
        "INSERT INTO scheme_letters (day, letter_id) VALUES ($1, $2) ON CONFLICT (day) DO UPDATE SET letter_id = $2",
        &[today.into(), made.id.into()],
    )?;
    Ok(made)
}

fn written(seams: &Seams) -> Letter {
    let paragraph = |text: &str| vec![Block::Paragraph(text.to_owned())];
    Letter {
        id: LetterId::fresh(seams),
        sender: Sender {
            key: "notices".to_owned(), is_city: true, name: "あなたにお知らせサービス".to_owned()
        },
        importance: Importance::News,
        class: CLASS.to_owned(),
        delivery: DeliveryLaw::Free,
        title: "新しく使えるかもしれない制度があります".to_owned(),
        body: Body {
            japanese: paragraph(
                "あなたが使えるかもしれない制度が、新しく見つかりました。どの制度か、なぜそう判定したかは「手続き」のページにあります。\
                 使えるかどうかは、申し込みのあとに窓口が決めます。",
            ),
            easy: paragraph(
                "あなたが ｜使《つか》えるかもしれない ｜制度《せいど》が、｜新《あたら》しく ｜見《み》つかりました。\
                 「｜手続《てつづ》き」の ページを ｜見《み》てください。｜使《つか》えるか どうかは、｜申《もう》し｜込《こ》んだ あとに ｜市《し》が ｜決《き》めます。",
            ),
            english: paragraph(
                "There are new schemes you may be able to use. Which, and why, is on the page \u{201c}Schemes\u{201d}. \
                 The office decides after you apply.",
            ),
        },
        action: None,
        due_on: None,
        paper_after: None,
        campaign: Some(CAMPAIGN.to_owned()),
        reason: Some("使える制度のお知らせを受け取ると登録されているためです。".to_owned()),
        sent_at: seams.now(),
        recalled_at: None,
    }
}
