//! The mayor's seal (電子公印).
//!
//! A deployment supplies its own picture. The demo draws one in code from the font's outlines that says 見本 (sample),
//! in the manner of a carved stamp: two columns or three, right to left, in a square frame.

mod sample;

use krilla::image::{BitsPerComponent, CustomImage, Image, ImageColorspace};

use crate::fonts::Typeface;

/// The seal picture cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Not a PNG picture.
    #[error("the seal is not a PNG picture")]
    NotAPicture,
    /// Too small to print well, needlessly large, or not square.
    #[error("the seal's picture must be square, with 150 to 1200 pixels on each side")]
    Size,
    /// Nothing is in the picture.
    #[error("the seal's picture is empty")]
    Blank,
    /// The words of a sample seal cannot be drawn: not 4, 6 or 9 characters of the font.
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

/// Red, green and blue of each pixel on white paper.
#[derive(Clone, Hash)]
struct Pixels {
    side: u32,
    rgb: Vec<u8>,
}

impl CustomImage for Pixels {
    fn color_channel(&self) -> &[u8] {
        &self.rgb
    }

    fn alpha_channel(&self) -> Option<&[u8]> {
        None
    }

    fn bits_per_component(&self) -> BitsPerComponent {
        BitsPerComponent::Eight
    }

    fn size(&self) -> (u32, u32) {
        (self.side, self.side)
    }

    fn icc_profile(&self) -> Option<&[u8]> {
        None
    }

    fn color_space(&self) -> ImageColorspace {
        ImageColorspace::Rgb
    }
}

impl Seal {
    /// Reads a PNG picture: square, dark or coloured on white or transparent. `name` is what the seal says, for readers
    /// who cannot see it.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn from_png(png: &[u8], name: &str) -> Result<Self, SealError> {
        let pixels = read_png(png)?;
        // A seal that does not show is no seal (invariant I14): some ink, some paper.
        let ink = pixels.rgb.chunks_exact(3).filter(|rgb| rgb.iter().any(|&part| part < 128)).count();
        if ink * 50 < (pixels.side * pixels.side) as usize {
            return Err(SealError::Blank);
        }
        let image = Image::from_custom(pixels, false).map_err(|_| SealError::NotAPicture)?;
        Ok(Self { image, name: name.to_owned() })
    }

    /// The PNG of a sample seal with 4, 6 or 9 characters, e.g. `見本市長之印`.
    ///
    /// # Errors
    /// [`SealError::Words`].
    pub fn sample_png(typeface: &Typeface, words: &str) -> Result<Vec<u8>, SealError> {
        sample::png(typeface, words)
    }

    /// [`Seal::sample_png`] read back.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn sample(typeface: &Typeface, words: &str) -> Result<Self, SealError> {
        Self::from_png(&Self::sample_png(typeface, words)?, words)
    }
}

/// The picture laid on white.
fn read_png(bytes: &[u8]) -> Result<Pixels, SealError> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
    let mut reader = decoder.read_info().map_err(|_| SealError::NotAPicture)?;
    let (width, height) = reader.info().size();
    if width != height || !(150..=1200).contains(&width) {
        return Err(SealError::Size);
    }
    let mut pixels = vec![0; reader.output_buffer_size().ok_or(SealError::NotAPicture)?];
    let info = reader.next_frame(&mut pixels).map_err(|_| SealError::NotAPicture)?;
    let channels = info.color_type.samples();
    let on_white = |part: u8, alpha: u8| 255 - ((255 - u16::from(part)) * u16::from(alpha) / 255) as u8;
    let mut rgb = Vec::with_capacity((width * height * 3) as usize);
    for pixel in pixels[..info.buffer_size()].chunks_exact(channels) {
        match *pixel {
            [gray, alpha] => rgb.extend([on_white(gray, alpha); 3]),
            [red, green, blue, alpha] => rgb.extend([red, green, blue].map(|part| on_white(part, alpha))),
            _ => return Err(SealError::NotAPicture),
        }
    }
    Ok(Pixels { side: width, rgb })
}
