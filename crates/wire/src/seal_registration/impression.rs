//! The impression of a seal: a picture and how large it is on paper.

use data_encoding::BASE64;

use crate::record_lines::Reason;
use crate::record_lines::item::{Inventor, Item, Object, Row, Trail, silent_debug};
use crate::record_lines::json::Json;
use crate::resident_csv::Reason as TextReason;

/// The longest side a registered seal may have, in micrometres: it fits a square of 25 mm (specs certificates §2.2).
pub const LARGEST: u32 = 25_000;
/// Its longest side is more than this, in micrometres: it does not fit a square of 8 mm.
pub const SMALLEST: u32 = 8_000;

/// Dots an inch a picture has at least, so that what is compared by laying one paper on another is all there.
const LEAST_DOTS: u64 = 600;
/// Pixels of a side, at most: 25 mm at 1600 dots an inch.
const MOST_PIXELS: u32 = 1_600;
/// The longest PNG, in bytes.
const LONGEST: usize = 300_000;

/// The impression of a registered seal (印影).
#[derive(Clone, PartialEq, Eq)]
pub struct Impression {
    /// The PNG as it came: read once here, so that it can be drawn.
    pub png: Vec<u8>,
    /// Width on paper, in micrometres.
    pub width: u32,
    /// Height on paper, in micrometres.
    pub height: u32,
}

silent_debug!(Impression);

/// Whether the picture can be read and shows something; its pixels across and down.
fn pixels(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut decoder = png::Decoder::new_with_limits(std::io::Cursor::new(bytes), png::Limits { bytes: 16 << 20 });
    decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
    let mut reader = decoder.read_info().ok()?;
    let (width, height) = reader.info().size();
    if width > MOST_PIXELS || height > MOST_PIXELS {
        return None;
    }
    let mut pixels = vec![0; reader.output_buffer_size()?];
    let info = reader.next_frame(&mut pixels).ok()?;
    let channels = info.color_type.samples();
    // What is lighter than half, or transparent, is paper; there must be both paper and ink.
    let is_ink = |pixel: &[u8]| match *pixel {
        [gray, alpha] => gray < 128 && alpha >= 128,
        [red, green, blue, alpha] => alpha >= 128 && u16::from(red) + u16::from(green) + u16::from(blue) < 384,
        _ => false,
    };
    let pixels = pixels.get(..info.buffer_size())?;
    let ink = pixels.chunks_exact(channels).filter(|pixel| is_ink(pixel)).count();
    let all = pixels.len() / channels.max(1);
    (ink > 0 && ink < all).then_some((width, height))
}

/// Whether a picture of so many pixels may be so large on paper.
fn is_fine_enough(pixels: u32, micrometres: u32) -> bool {
    // A pixel may be lost to rounding.
    (u64::from(pixels) + 1) * 25_400 >= u64::from(micrometres) * LEAST_DOTS
}

fn side(object: &mut Object<'_>, key: &'static str, trail: &mut Trail) -> Option<u32> {
    let value = object.get(key);
    trail.within(key, |trail| match value {
        Some(Json::Number(number)) if (1..=u64::from(LARGEST)).contains(number) => u32::try_from(*number).ok(),
        Some(Json::Number(_)) => {
            trail.fault(Reason::NotASealsSize);
            None
        }
        Some(_) => {
            trail.fault(TextReason::NotANumber);
            None
        }
        None => {
            trail.fault(Reason::Missing);
            None
        }
    })
}

fn picture(object: &mut Object<'_>, trail: &mut Trail) -> Option<(Vec<u8>, (u32, u32))> {
    let value = object.get("png");
    trail.within("png", |trail| {
        let text = match value {
            Some(Json::Text(text)) => text,
            Some(_) => {
                trail.fault(Reason::WrongType { wanted: "a text" });
                return None;
            }
            None => {
                trail.fault(Reason::Missing);
                return None;
            }
        };
        let bytes = BASE64.decode(text.as_bytes()).ok().filter(|bytes| bytes.len() <= LONGEST);
        let read = bytes.and_then(|bytes| pixels(&bytes).map(|size| (bytes, size)));
        if read.is_none() {
            trail.fault(Reason::NotAPicture);
        }
        read
    })
}

impl Item for Impression {
    fn read(value: Option<&Json>, trail: &mut Trail) -> Option<Self> {
        let Some(json) = value else {
            trail.fault(Reason::Missing);
            return None;
        };
        let mut object = Object::of(json, trail)?;
        let png = picture(&mut object, trail);
        let (width, height) = (side(&mut object, "width", trail), side(&mut object, "height", trail));
        object.finish(trail);
        let ((png, (across, down)), width, height) = (png?, width?, height?);
        let is_large_enough = width.max(height) > SMALLEST;
        if !is_large_enough || !is_fine_enough(across, width) || !is_fine_enough(down, height) {
            trail.fault(Reason::NotASealsSize);
            return None;
        }
        Some(Self { png, width, height })
    }

    fn write(&self) -> Option<Json> {
        Some(Json::Map(vec![
            ("png".to_owned(), Json::Text(BASE64.encode(&self.png))),
            ("width".to_owned(), Json::Number(u64::from(self.width))),
            ("height".to_owned(), Json::Number(u64::from(self.height))),
        ]))
    }

    fn print(&self, _label: &'static str, _rows: &mut Vec<Row>) {}

    /// A bar across a square of 10 mm.
    fn invent(by: &mut Inventor) -> Self {
        const SIDE: u32 = 240;
        let bar = 20 + by.below(200);
        let row = |y: u32| if u64::from(y) / 8 == bar / 8 { [0x00; 30] } else { [0xFF; 30] };
        let mut png = Vec::new();
        let mut encoder = png::Encoder::new(&mut png, SIDE, SIDE);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        if let Ok(mut writer) = encoder.write_header() {
            let _ = writer.write_image_data(&(0..SIDE).flat_map(row).collect::<Vec<u8>>());
        }
        Self { png, width: 10_000, height: 10_000 }
    }
}
