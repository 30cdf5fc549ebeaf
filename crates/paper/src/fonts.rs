//! IPAmj Mincho, mapped once, behind a strict gate.
//!
//! Official names are written with characters that differ only in a stroke; a font that lacks the registered form must
//! not print another one. So each (base, selector) pair must stand in the font's cmap format 14 table and each bare code
//! point in its Unicode cmap, **before** a page is opened; there is no fallback font (certificates §4, §5.3).
//!
//! ```text
//!  "辻󠄂田" ─► (辻, E0102) (田, –) ─► cmap 14 / cmap 12 ─► glyph ids, advances, byte ranges
//!                     └ not there ─► GlyphProblem { position }, no document
//! ```

use std::path::Path;
use std::sync::Arc;

use base::text::is_variation_selector;
use krilla::text::Font;
use skrifa::charmap::{Charmap, MapVariant};
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider};

/// Where Debian's package `fonts-ipamj-mincho` puts the font.
pub const DEFAULT_FONT: &str = "/usr/share/fonts/truetype/ipamj/ipamjm.ttf";

/// The font file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FontError {
    /// Not there or not readable.
    #[error("the font file cannot be opened ({0}); on Debian: apt-get install fonts-ipamj-mincho")]
    NotOpened(std::io::ErrorKind),
    /// Not a font, or without the tables the gate needs.
    #[error("the font file is not a usable TrueType font")]
    NotAFont,
}

/// Why a text cannot be set. Positions count visible characters from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GlyphProblem {
    /// No glyph for the character or the sequence.
    #[error("no glyph for character {position}")]
    Missing {
        /// Which character.
        position: usize,
    },
    /// A selector without a base character, or a second selector.
    #[error("a variation selector stands alone at character {position}")]
    StraySelector {
        /// Which character.
        position: usize,
    },
}

/// A font for official papers. Cheap to clone; one for each process.
#[derive(Clone)]
pub struct Typeface {
    font: Font,
    bytes: Arc<memmap2::Mmap>,
}

impl std::fmt::Debug for Typeface {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Typeface({} bytes)", self.bytes.len())
    }
}

struct Mapped(Arc<memmap2::Mmap>);

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Typeface {
    /// Maps the font file into memory. The file must not be rewritten in place while the process runs; package managers
    /// replace files instead.
    ///
    /// # Errors
    /// [`FontError`].
    pub fn open(path: &Path) -> Result<Self, FontError> {
        let file = std::fs::File::open(path).map_err(|error| FontError::NotOpened(error.kind()))?;
        // SAFETY: the mapping is read only and private to us; the operator keeps the file as it is (see above).
        let mapped = unsafe { memmap2::Mmap::map(&file) }.map_err(|error| FontError::NotOpened(error.kind()))?;
        let bytes = Arc::new(mapped);
        if FontRef::new(&bytes).is_err() {
            return Err(FontError::NotAFont);
        }
        let shared: Arc<dyn AsRef<[u8]> + Send + Sync> = Arc::new(Mapped(bytes.clone()));
        let font = Font::new(shared.into(), 0).ok_or(FontError::NotAFont)?;
        Ok(Self { font, bytes })
    }

    /// Maps the font of Debian's package.
    ///
    /// # Errors
    /// [`FontError`].
    pub fn open_default() -> Result<Self, FontError> {
        Self::open(Path::new(DEFAULT_FONT))
    }

    /// The font as the PDF writer takes it.
    pub(crate) fn krilla(&self) -> &Font {
        &self.font
    }

    /// The tables, opened for one document.
    pub(crate) fn shaper(&self) -> Result<Shaper<'_>, FontError> {
        let font = FontRef::new(&self.bytes).map_err(|_| FontError::NotAFont)?;
        let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
        let em = f32::from(font.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
        if em <= 0.0 {
            return Err(FontError::NotAFont);
        }
        Ok(Shaper { charmap: font.charmap(), metrics, em, font })
    }

    /// Whether every character of `text` can be printed exactly as registered.
    ///
    /// # Errors
    /// The first problem; [`GlyphProblem::Missing`] at 0 when the font's tables cannot be read.
    pub fn check(&self, text: &str) -> Result<(), GlyphProblem> {
        let shaper = self.shaper().map_err(|_| GlyphProblem::Missing { position: 0 })?;
        shaper.shape(text).map(|_| ())
    }
}

/// One visible character of a text, found in the font.
#[derive(Clone, Debug)]
pub(crate) struct Glyph {
    /// Glyph id.
    pub id: u32,
    /// Width in em.
    pub advance: f32,
    /// Where the character and its selector stand in the text.
    pub bytes: std::ops::Range<usize>,
    /// The base character.
    pub base: char,
}

/// Finds glyphs. Made once for each document.
pub(crate) struct Shaper<'a> {
    charmap: Charmap<'a>,
    metrics: GlyphMetrics<'a>,
    em: f32,
    /// For outlines.
    pub(crate) font: FontRef<'a>,
}

impl Shaper<'_> {
    /// One glyph for each visible character.
    pub(crate) fn shape(&self, text: &str) -> Result<Vec<Glyph>, GlyphProblem> {
        let mut glyphs = Vec::with_capacity(text.len() / 3 + 1);
        let mut characters = text.char_indices().peekable();
        while let Some((start, base)) = characters.next() {
            let position = glyphs.len();
            if is_variation_selector(base) {
                return Err(GlyphProblem::StraySelector { position });
            }
            let selector = characters.next_if(|&(_, c)| is_variation_selector(c));
            let end = characters.peek().map_or(text.len(), |&(at, _)| at);
            let found = self.find(base, selector.map(|(_, c)| c)).ok_or(GlyphProblem::Missing { position })?;
            let advance = self.metrics.advance_width(found).unwrap_or(self.em) / self.em;
            glyphs.push(Glyph { id: found.to_u32(), advance, bytes: start..end, base });
        }
        Ok(glyphs)
    }

    fn find(&self, base: char, selector: Option<char>) -> Option<skrifa::GlyphId> {
        // Private-use characters (外字) mean something else on every machine; controls have no shape.
        let private = matches!(base, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}');
        if base.is_control() || private {
            return None;
        }
        let glyph = match selector {
            None => self.charmap.map(base),
            Some(selector) => match self.charmap.map_variant(base, selector)? {
                MapVariant::UseDefault => self.charmap.map(base),
                MapVariant::Variant(glyph) => Some(glyph),
            },
        }?;
        (glyph.to_u32() != 0).then_some(glyph)
    }
}
