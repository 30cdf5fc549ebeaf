//! A household, and the tools that look at a finished file.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use base::{Date, Id, Personal};
use paper::{Body, Certificate, Entry, Nationality, Person, Plan, Residence, Seal, Sheet, Typeface};

/// The font, mapped once for all tests.
pub static TYPEFACE: LazyLock<Typeface> = LazyLock::new(|| Typeface::open_default().unwrap());

/// The sample seal.
pub static SEAL: LazyLock<Seal> = LazyLock::new(|| Seal::sample(&TYPEFACE, "見本市長之印").unwrap());

pub fn shown(text: &str) -> Entry {
    Entry::Shown(text.to_owned())
}

pub fn personal(text: &str) -> Personal<String> {
    text.to_owned().into()
}

/// A Japanese resident with everything printed.
pub fn japanese(name: &str, reading: &str, birth: &str, relationship: &str) -> Person {
    Person {
        name: personal(name),
        reading: shown(reading),
        alphabet_name: Entry::None,
        former_name: Entry::None,
        former_name_reading: Entry::None,
        common_name: Entry::None,
        common_name_reading: Entry::None,
        birth_date: personal(birth),
        sex: shown("男"),
        relationship: shown(relationship),
        became_resident: shown("平成20年4月1日"),
        address_set: shown("令和2年10月15日"),
        notified: shown("令和2年10月20日"),
        previous_address: shown("隣県となり市本町三丁目14番15号"),
        former_address: Entry::Missing,
        nationality: Nationality::Japanese {
            domicile: shown("見本県見本市中央一丁目2番地3"),
            register_head: shown("辻\u{E0102}本　太郎"),
        },
        remarks: Entry::None,
    }
}

/// A foreign resident with everything printed.
pub fn foreign() -> Person {
    Person {
        reading: Entry::Missing,
        common_name: shown("佐藤　真理亜"),
        common_name_reading: shown("サトウ　マリア"),
        sex: shown("女"),
        nationality: Nationality::Foreign {
            country_or_region: shown("フィリピン"),
            category: shown("中長期在留者"),
            status: shown("永住者"),
            period: shown("無期限"),
            expiry: Entry::None,
            card_number: shown("AB12345678CD"),
        },
        ..japanese("SANTOS MARIA CLARA", "", "1988年7月9日", "妻")
    }
}

/// The household of the pictures: rare characters, a former name, a foreign spouse, things left out.
pub fn household(people: usize) -> Certificate {
    let mut father = japanese("辻\u{E0102}本　太郎", "ツジモト　タロウ", "昭和60年1月2日", "世帯主");
    father.remarks = shown("令和2年10月20日転居届");
    let mut child = japanese("辻\u{E0102}本　凜々子", "ツジモト　リリコ", "平成27年11月30日", "子");
    child.sex = shown("女");
    child.nationality = Nationality::Japanese { domicile: Entry::Omitted, register_head: Entry::Omitted };
    let mut grandmother = japanese("渡邉\u{E0110}　𠮷乃", "ワタナベ　ヨシノ", "昭和27年12月25日", "妻の母");
    grandmother.former_name = shown("髙﨑");
    grandmother.former_name_reading = shown("タカサキ");
    grandmother.sex = shown("女");
    let four = [father, foreign(), child, grandmother];
    let people = (0..people).map(|index| {
        let mut person = four[index % 4].clone();
        if index >= 4 {
            person.name = personal(&format!("{}{}", person.name.reveal(), index + 1));
        }
        person
    });
    let body = Residence {
        address: personal("見本県見本市中央一丁目2番3号　見本ハイツ405号室"),
        head: shown("辻\u{E0102}本　太郎"),
        people: people.collect(),
    };
    let sheet = Sheet {
        options: "household+relationship+domicile".to_owned(),
        ..sheet("住民票の写し", "residence_certificate", "この写しは、住民票の原本と相違ないことを証明する。")
    };
    Certificate { sheet, body: Body::Residence(body) }
}

/// The sheet of the tests.
pub fn sheet(title: &str, kind: &str, attestation: &str) -> Sheet {
    Sheet {
        title: title.to_owned(),
        municipality: "見本市".to_owned(),
        municipality_code: "99999".to_owned(),
        attestation: attestation.to_owned(),
        issued_on: Date::new(2026, 11, 23).unwrap(),
        mayor_title: "見本市長".to_owned(),
        mayor_name: "見本　太郎".to_owned(),
        check_address: "https://verify.mihon.example/verify".to_owned(),
        request_id: Id::from_bytes(*b"request-of-tests"),
        document_number: "R8-000123".to_owned(),
        subject_hash: [0xA5; 32],
        kind: kind.to_owned(),
        options: "none".to_owned(),
        register_version: "42".to_owned(),
    }
}

/// The household on a paper of [`household`].
pub fn of(certificate: &Certificate) -> &Residence {
    match &certificate.body {
        Body::Residence(residence) => residence,
        other => panic!("not a residence certificate: {other:?}"),
    }
}

/// [`of`], to change it.
pub fn of_mut(certificate: &mut Certificate) -> &mut Residence {
    match &mut certificate.body {
        Body::Residence(residence) => residence,
        other => panic!("not a residence certificate: {other:?}"),
    }
}

/// A code of the true size: claims of the page and 107 bytes for key id and signature.
pub fn code(plan: &Plan<'_>, page: usize) -> String {
    let mut token = plan.claims(page, [page as u8; 16]).encode();
    token.extend([0xC3; 87]);
    wire::certificate_code::to_text("https://verify.mihon.example/verify", &token)
}

pub fn codes(plan: &Plan<'_>) -> Vec<String> {
    (1..=plan.page_count()).map(|page| code(plan, page)).collect()
}

/// A finished file and the text of its codes.
pub fn drawn(certificate: &Certificate) -> (Vec<u8>, Vec<String>) {
    let plan = Plan::new(&TYPEFACE, certificate).unwrap();
    let codes = codes(&plan);
    (plan.draw(&codes, &SEAL).unwrap(), codes)
}

/// A file in a directory of its own.
pub struct File {
    directory: tempfile::TempDir,
}

impl File {
    pub fn new(bytes: &[u8]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("paper.pdf"), bytes).unwrap();
        Self { directory }
    }

    pub fn path(&self) -> PathBuf {
        self.directory.path().join("paper.pdf")
    }

    pub fn beside(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

/// Runs a tool of Debian; a missing tool is a failure that says what to install.
pub fn run(tool: &str, package: &str, arguments: &[&std::ffi::OsStr]) -> String {
    let output = Command::new(tool)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{tool} cannot be run ({error}); on Debian: apt-get install {package}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{tool}: {}{text}", String::from_utf8_lossy(&output.stderr));
    text
}

/// What the dispatcher would demand of the file.
pub fn expected(certificate: &Certificate, codes: Vec<String>) -> paper::Expected {
    Plan::new(&TYPEFACE, certificate).unwrap().expected(codes)
}

/// Draws page 1 into `page.png` beside the file.
pub fn picture(file: &File, dpi: &str) {
    let output = file.beside("page");
    let mut arguments: Vec<&OsStr> = ["-png", "-singlefile", "-r", dpi].into_iter().map(OsStr::new).collect();
    let path = file.path();
    arguments.extend([path.as_os_str(), output.as_os_str()]);
    run("pdftoppm", "poppler-utils", &arguments);
}

/// Width, height and gray pixels.
pub fn read_gray(path: &Path) -> (usize, usize, Vec<u8>) {
    let decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(path).unwrap()));
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let parts = info.color_type.samples();
    let gray =
        pixels.chunks(parts).map(|pixel| (pixel.iter().map(|&part| u32::from(part)).sum::<u32>() / parts as u32) as u8);
    (info.width as usize, info.height as usize, gray.collect())
}

fn write_gray(path: &Path, width: usize, height: usize, pixels: &[u8]) {
    let mut encoder = png::Encoder::new(std::fs::File::create(path).unwrap(), width as u32, height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().unwrap().write_image_data(pixels).unwrap();
}

/// Compares page 1 with `tests/golden/NAME.png`.
pub fn golden(certificate: &Certificate, name: &str) {
    golden_bytes(&drawn(certificate).0, name);
}

/// The same for a finished file.
pub fn golden_bytes(bytes: &[u8], name: &str) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.png"));
    let file = File::new(bytes);
    picture(&file, "60");
    let made = file.beside("page.png");
    let (width, height, pixels) = read_gray(&made);
    if std::env::var_os("YAKUBA_WRITE_GOLDEN").is_some() {
        write_gray(&golden, width, height, &pixels);
    }
    let (golden_width, golden_height, wanted) = read_gray(&golden);
    assert_eq!((width, height), (golden_width, golden_height));
    // Renderers differ in the edge of a stroke, not in where a stroke is: compare means of small tiles.
    const TILE: usize = 6;
    let mean = |pixels: &[u8], x: usize, y: usize| {
        let rows = (y..(y + TILE).min(height)).flat_map(|y| &pixels[y * width + x..y * width + (x + TILE).min(width)]);
        let (sum, count) = rows.fold((0u32, 0u32), |(sum, count), &pixel| (sum + u32::from(pixel), count + 1));
        sum / count.max(1)
    };
    let tiles = (0..height).step_by(TILE).flat_map(|y| (0..width).step_by(TILE).map(move |x| (x, y)));
    let different: Vec<_> = tiles.filter(|&(x, y)| mean(&pixels, x, y).abs_diff(mean(&wanted, x, y)) > 40).collect();
    assert!(
        different.len() < 8,
        "{} tiles differ, first at pixel {:?}; look at {} and, if it is right, run again with YAKUBA_WRITE_GOLDEN=1",
        different.len(),
        different.first(),
        made.display()
    );
}
