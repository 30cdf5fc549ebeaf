//! Companies that carry short messages (SMS, LINE): one trait, and a folder that stands in for them. No company is called.

use std::path::PathBuf;

use base::{Id, Personal};

use crate::teaser::Teaser;

/// Longest body: six parts of an SMS in Japanese.
pub const MOST_CHARACTERS: usize = 400;

/// Why a company did not take a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CarrierFault {
    /// Not now.
    #[error("the carrier asks to come later")]
    Later {
        /// Not before so many seconds.
        after: Option<u32>,
    },
    /// Never: no such number, the person blocked the account.
    #[error("the carrier does not take messages for this person")]
    Gone,
    /// Our settings.
    #[error("the carrier's settings are wrong")]
    Settings,
}

/// A company that carries short messages.
pub trait Carrier: Send + Sync {
    /// Submits a message and returns the company's own number of it. The same `key` twice is one message.
    ///
    /// # Errors
    /// [`CarrierFault`].
    fn submit(&self, key: Id, to: &Personal<String>, body: &str) -> Result<String, CarrierFault>;
}

/// Heading and link: all that a short message holds.
pub fn body(teaser: &Teaser, portal: &str) -> String {
    format!("{}\n{portal}{}", teaser.title(), teaser.path()).chars().take(MOST_CHARACTERS).collect()
}

/// A folder into which each message falls as a file, for a company that fetches files, and for tests.
#[derive(Clone, Debug)]
pub struct FileDrop {
    folder: PathBuf,
}

impl FileDrop {
    /// Messages go into `folder`, which exists.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }
}

impl Carrier for FileDrop {
    fn submit(&self, key: Id, to: &Personal<String>, body: &str) -> Result<String, CarrierFault> {
        let name = format!("{key}.json");
        let path = self.folder.join(&name);
        if path.exists() {
            return Ok(name);
        }
        let later = |_| CarrierFault::Later { after: None };
        let text = serde_json::json!({ "key": key.to_string(), "to": to.reveal(), "body": body }).to_string();
        // Written beside and then renamed: whoever fetches never sees half a file.
        let beside = self.folder.join(format!(".{key}.part"));
        std::fs::write(&beside, text).map_err(later)?;
        std::fs::rename(&beside, &path).map_err(later)?;
        Ok(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::teaser::TeaserKind;

    #[test]
    fn a_message_falls_into_the_folder_once() {
        let folder = std::env::temp_dir().join(format!("yakuba-carrier-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let drop = FileDrop::new(folder.clone());
        let teaser = Teaser::new(TeaserKind::Letter, "お手紙が届いています", "", "/portal/letters").unwrap();
        let text = body(&teaser, "https://portal.city.example");
        let to = Personal::new("09000000000".to_owned());
        let names: Vec<_> = (0..2).map(|_| drop.submit(Id::from_bytes([1; 16]), &to, &text).unwrap()).collect();
        assert_eq!(names[0], names[1]);
        let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
        assert_eq!(files.len(), 1);
        let read: serde_json::Value = serde_json::from_slice(&std::fs::read(&files[0]).unwrap()).unwrap();
        assert_eq!(read["body"], "お手紙が届いています\nhttps://portal.city.example/portal/letters");
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(drop.submit(Id::from_bytes([2; 16]), &to, &text), Err(CarrierFault::Later { after: None }));
    }
}
