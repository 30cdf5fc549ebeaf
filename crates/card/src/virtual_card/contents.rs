//! What a virtual card is made of, and its bytes, so that a demo database can keep it sealed.

use base::Date;
use base::my_number_guard::check_digit;
use zeroize::Zeroizing;

use crate::applications::input_support::BasicAttributes;
use crate::city_application::Image;
use crate::device::DeviceKind;

/// A private key with its certificate and that of its issuer.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyAndCertificate {
    /// RSA-2048 private key, PKCS#8 DER. Wiped when dropped.
    pub private_key_pkcs8: Zeroizing<Vec<u8>>,
    /// The holder's certificate, DER; must start `30 82`, as every certificate of this size does.
    pub certificate: Vec<u8>,
    /// The issuer's certificate, DER.
    pub ca_certificate: Vec<u8>,
}

/// A PIN, password or verification code with its counter.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// The ASCII bytes the card compares, 1–16. Wiped when dropped.
    pub value: Zeroizing<Vec<u8>>,
    /// Misses in a row the card allows.
    pub tries: u8,
    /// How many are left; 0 is locked.
    pub tries_left: u8,
}

impl Secret {
    /// A fresh secret that allows `tries` misses (at most 15).
    pub fn new(value: &str, tries: u8) -> Self {
        Self { value: Zeroizing::new(value.as_bytes().to_vec()), tries, tries_left: tries }
    }
}

/// A number in the form of an Individual Number (個人番号) whose check digit is wrong, so that it is nobody's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FictitiousNumber([u8; 12]);

impl FictitiousNumber {
    /// Eleven digits (values 0–9; others are taken modulo 10) with a check digit that is off by one.
    pub fn from_eleven(digits: [u8; 11]) -> Self {
        let digits = digits.map(|d| d % 10);
        let mut all = [0; 12];
        all[..11].copy_from_slice(&digits);
        all[11] = (check_digit(&digits) + 1) % 10;
        Self(all)
    }

    /// The ASCII digits, as the card's file holds them.
    pub fn ascii(&self) -> [u8; 12] {
        self.0.map(|d| d + b'0')
    }

    /// From twelve ASCII digits; `None` when they are none, or when the check digit is right: such a number could be
    /// somebody's.
    fn from_ascii(ascii: &[u8]) -> Option<Self> {
        let digits = <[u8; 12]>::try_from(ascii).ok().filter(|a| a.iter().all(u8::is_ascii_digit))?.map(|a| a - b'0');
        let [eleven @ .., last] = digits;
        (check_digit(&eleven) != last).then_some(Self(digits))
    }
}

/// What makes a card genuine: its own key, and what the municipality signed when it was made. See
/// [`super::CardIssuer`].
#[derive(Clone, PartialEq, Eq)]
pub struct Genuineness {
    /// The card's own RSA-2048 private key, PKCS#8 DER, used without PIN. Whether a real card has one such key or one for
    /// each application is not known; a virtual card has one. Wiped when dropped.
    pub private_key_pkcs8: Zeroizing<Vec<u8>>,
    /// Its modulus, 256 bytes.
    pub modulus: Vec<u8>,
    /// The municipality's card-verifiable certificate, the whole of file 0004.
    pub certificate: Vec<u8>,
    /// The municipality's signatures over the records of [`super::files::signed_parts`], 256 bytes each.
    pub signatures: [Vec<u8>; 4],
}

/// Everything a virtual card holds. `Debug` prints none of it.
#[derive(Clone, PartialEq, Eq)]
pub struct VirtualCardContents {
    /// What it calls itself: a card, or a phone.
    pub device: DeviceKind,
    /// 利用者証明用.
    pub user_authentication: KeyAndCertificate,
    /// 署名用; `None` for holders under 15 and others without.
    pub signing: Option<KeyAndCertificate>,
    /// 利用者証明用 PIN, 4 digits, 3 tries.
    pub user_authentication_pin: Secret,
    /// 署名用 password, 6–16 of A–Z 0–9, 5 tries.
    pub signing_password: Secret,
    /// 券面事項入力補助用 PIN, 4 digits, 3 tries.
    pub input_support_pin: Secret,
    /// 住民基本台帳用 PIN, 4 digits, 3 tries.
    pub resident_register_pin: Secret,
    /// 基本4情報.
    pub attributes: BasicAttributes,
    /// What stands in the place of the Individual Number.
    pub number: FictitiousNumber,
    /// 製造番号, 15 digits.
    pub manufacturing_number: String,
    /// 団体コード, 5 digits.
    pub municipality_code: String,
    /// Last day the card is valid.
    pub expires: Date,
    /// セキュリティコード, 4 digits, printed on the card.
    pub security_code: String,
    /// What proves it genuine; `None` for a card whose proofs are dummy bytes.
    pub genuineness: Option<Genuineness>,
    /// What the city's own application keeps ([`Image::to_bytes`]); `None` for a card it was not loaded onto.
    pub city_application: Option<Zeroizing<Vec<u8>>>,
}

/// The bytes are no virtual card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored virtual card is malformed at position {position}: {reason}")]
pub struct MalformedContents {
    /// Offset from 0.
    pub position: usize,
    /// What is wrong there.
    pub reason: &'static str,
}

impl std::fmt::Debug for VirtualCardContents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VirtualCardContents({:?}, <personal>)", self.device)
    }
}

/// First bytes of the stored form, with its version.
const MAGIC: [u8; 4] = *b"YVC3";
/// The versions before: without the city's application, and without what proves a card genuine.
const OLDER: [[u8; 4]; 2] = [*b"YVC2", *b"YVC1"];

impl VirtualCardContents {
    /// A fresh card with the usual numbers of tries and neutral printed data; `pin` opens user authentication, input
    /// support and resident register alike, as most people choose.
    pub fn new(
        user_authentication: KeyAndCertificate,
        signing: Option<KeyAndCertificate>,
        pin: &str,
        signing_password: &str,
        attributes: BasicAttributes,
        number: FictitiousNumber,
        expires: Date,
    ) -> Self {
        Self {
            device: DeviceKind::Card,
            user_authentication,
            signing,
            user_authentication_pin: Secret::new(pin, 3),
            signing_password: Secret::new(signing_password, 5),
            input_support_pin: Secret::new(pin, 3),
            resident_register_pin: Secret::new(pin, 3),
            attributes,
            number,
            manufacturing_number: "000000000000000".into(),
            municipality_code: "00000".into(),
            expires,
            security_code: "0000".into(),
            genuineness: None,
            city_application: None,
        }
    }

    /// The stored form: `YVC3`, then each field as a length of four bytes, big-endian, and its bytes. Holds private keys
    /// and PINs: seal it before it is written anywhere.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Writer(Zeroizing::new(MAGIC.to_vec()));
        out.field(&[device_code(self.device), u8::from(self.signing.is_some())]);
        out.key(&self.user_authentication);
        if let Some(signing) = &self.signing {
            out.key(signing);
        }
        for secret in [
            &self.user_authentication_pin,
            &self.signing_password,
            &self.input_support_pin,
            &self.resident_register_pin,
        ] {
            out.field(&secret.value);
            out.field(&[secret.tries, secret.tries_left]);
        }
        let (birth, expires) = (self.attributes.birth_date.to_string(), self.expires.to_string());
        for text in [
            &self.attributes.name,
            &self.attributes.address,
            &birth,
            &self.manufacturing_number,
            &self.municipality_code,
            &expires,
            &self.security_code,
        ] {
            out.field(text.as_bytes());
        }
        out.field(&[self.attributes.sex]);
        out.field(&self.number.ascii());
        out.field(&[u8::from(self.genuineness.is_some())]);
        if let Some(genuineness) = &self.genuineness {
            out.field(&genuineness.private_key_pkcs8);
            for bytes in [&genuineness.modulus, &genuineness.certificate].into_iter().chain(&genuineness.signatures) {
                out.field(bytes);
            }
        }
        // Nothing stored is shorter than its first bytes, so that an empty field means none.
        out.field(self.city_application.as_deref().map_or(&[], Vec::as_slice));
        out.0
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// [`MalformedContents`] for anything that [`Self::to_bytes`] does not write, a number with a right check digit
    /// included.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedContents> {
        let mut from = Reader { bytes, position: 0 };
        let [second, first] = OLDER;
        let version = match <[u8; 4]>::try_from(from.take(MAGIC.len())?) {
            Ok(MAGIC) => 3,
            Ok(magic) if magic == second => 2,
            Ok(magic) if magic == first => 1,
            _ => return Err(MalformedContents { position: 0, reason: "it does not start with YVC1, YVC2 or YVC3" }),
        };
        let [device, has_signing] = from.array()?;
        let device = device_from_code(device).ok_or(from.fault("no such device"))?;
        let user_authentication = from.key()?;
        let signing = match has_signing {
            0 => None,
            1 => Some(from.key()?),
            _ => return Err(from.fault("neither 0 nor 1")),
        };
        let (user_authentication_pin, signing_password) = (from.secret()?, from.secret()?);
        let (input_support_pin, resident_register_pin) = (from.secret()?, from.secret()?);
        let (name, address, birth_date) = (from.text()?, from.text()?, from.date()?);
        let (manufacturing_number, municipality_code) = (from.text()?, from.text()?);
        let (expires, security_code) = (from.date()?, from.text()?);
        let [sex] = from.array()?;
        let number =
            FictitiousNumber::from_ascii(from.field()?).ok_or(from.fault("the number is not a fictitious one"))?;
        let genuineness = if version < 2 { None } else { from.genuineness()? };
        let city_application = if version < 3 { None } else { from.city_application()? };
        let contents = Self {
            device,
            user_authentication,
            signing,
            user_authentication_pin,
            signing_password,
            input_support_pin,
            resident_register_pin,
            attributes: BasicAttributes { name, address, birth_date, sex },
            manufacturing_number,
            municipality_code,
            expires,
            security_code,
            number,
            genuineness,
            city_application,
        };
        if from.position != bytes.len() {
            return Err(from.fault("more bytes follow"));
        }
        Ok(contents)
    }
}

fn device_code(device: DeviceKind) -> u8 {
    match device {
        DeviceKind::Card => 0,
        DeviceKind::OldResidentCard => 1,
        DeviceKind::AndroidPhone => 2,
        DeviceKind::Iphone => 3,
    }
}

fn device_from_code(code: u8) -> Option<DeviceKind> {
    [DeviceKind::Card, DeviceKind::OldResidentCard, DeviceKind::AndroidPhone, DeviceKind::Iphone]
        .into_iter()
        .find(|&device| device_code(device) == code)
}

struct Writer(Zeroizing<Vec<u8>>);

impl Writer {
    fn field(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
        self.0.extend_from_slice(bytes);
    }

    fn key(&mut self, key: &KeyAndCertificate) {
        self.field(&key.private_key_pkcs8);
        self.field(&key.certificate);
        self.field(&key.ca_certificate);
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    const fn fault(&self, reason: &'static str) -> MalformedContents {
        MalformedContents { position: self.position, reason }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], MalformedContents> {
        let end = self.position.checked_add(count).ok_or(self.fault("a length is too large"))?;
        let taken = self.bytes.get(self.position..end).ok_or(self.fault("the bytes end too early"))?;
        self.position = end;
        Ok(taken)
    }

    fn field(&mut self) -> Result<&'a [u8], MalformedContents> {
        let length = self.take(4)?.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
        self.take(length)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], MalformedContents> {
        <[u8; N]>::try_from(self.field()?).map_err(|_| self.fault("a field of another length was expected"))
    }

    fn text(&mut self) -> Result<String, MalformedContents> {
        String::from_utf8(self.field()?.to_vec()).map_err(|_| self.fault("not UTF-8"))
    }

    fn date(&mut self) -> Result<Date, MalformedContents> {
        Date::parse(&self.text()?).map_err(|_| self.fault("not a date"))
    }

    fn key(&mut self) -> Result<KeyAndCertificate, MalformedContents> {
        Ok(KeyAndCertificate {
            private_key_pkcs8: Zeroizing::new(self.field()?.to_vec()),
            certificate: self.field()?.to_vec(),
            ca_certificate: self.field()?.to_vec(),
        })
    }

    fn genuineness(&mut self) -> Result<Option<Genuineness>, MalformedContents> {
        match self.array()? {
            [0] => Ok(None),
            [1] => Ok(Some(Genuineness {
                private_key_pkcs8: Zeroizing::new(self.field()?.to_vec()),
                modulus: self.field()?.to_vec(),
                certificate: self.field()?.to_vec(),
                signatures: [
                    self.field()?.to_vec(),
                    self.field()?.to_vec(),
                    self.field()?.to_vec(),
                    self.field()?.to_vec(),
                ],
            })),
            _ => Err(self.fault("neither 0 nor 1")),
        }
    }

    fn city_application(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, MalformedContents> {
        let stored = self.field()?;
        match stored.is_empty() || Image::from_bytes(stored).is_ok() {
            true => Ok(Some(Zeroizing::new(stored.to_vec())).filter(|stored| !stored.is_empty())),
            false => Err(self.fault("not what the city's application keeps")),
        }
    }

    fn secret(&mut self) -> Result<Secret, MalformedContents> {
        let value = Zeroizing::new(self.field()?.to_vec());
        let [tries, tries_left] = self.array()?;
        match tries_left <= tries && tries <= 15 {
            true => Ok(Secret { value, tries, tries_left }),
            false => Err(self.fault("a counter above its bound")),
        }
    }
}
