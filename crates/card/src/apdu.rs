//! Commands to a card and its answers: short APDUs of ISO/IEC 7816-4 in the JICSAP dialect the card speaks.
//!
//! ```text
//!  Command:  CLA INS P1 P2 [Lc data] [Le]        Response:  [data] SW1 SW2
//! ```
//! Extended lengths are deliberately absent: nothing this client asks needs them.

use zeroize::Zeroizing;

/// Bytes one short APDU can ask back.
pub const MAX_ANSWER: usize = 256;

/// One command. `Debug` shows the header only: the data may be a PIN.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    /// Class byte; channel 0 only.
    pub class: u8,
    /// Instruction byte.
    pub instruction: u8,
    /// First parameter.
    pub p1: u8,
    /// Second parameter.
    pub p2: u8,
    /// Data field, 0–255 bytes; empty means that there is none. Wiped when dropped.
    pub data: Zeroizing<Vec<u8>>,
    /// How many bytes are expected back: 1–256, or `None` for no answer data.
    pub expected: Option<u16>,
}

/// Why bytes are no short command APDU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedCommand {
    /// Fewer than four bytes.
    #[error("a command APDU has at least 4 bytes, this one has {0}")]
    TooShort(usize),
    /// The length byte and the bytes present disagree.
    #[error("the data length at position 4 says {declared}, but {present} bytes follow")]
    WrongLength {
        /// What Lc says.
        declared: usize,
        /// What is there after Lc.
        present: usize,
    },
    /// Lc is zero in a longer command: the start of an extended length, which this dialect does not use.
    #[error("extended lengths are not used")]
    Extended,
}

impl Command {
    /// A command without data and without an expected answer (ISO case 1).
    pub fn new(class: u8, instruction: u8, p1: u8, p2: u8) -> Self {
        Self { class, instruction, p1, p2, data: Zeroizing::new(Vec::new()), expected: None }
    }

    /// With a data field. More than 255 bytes do not fit a short APDU and are refused by [`Command::encode`].
    #[must_use]
    pub fn with_data(mut self, data: &[u8]) -> Self {
        self.data = Zeroizing::new(data.to_vec());
        self
    }

    /// Expecting up to `count` bytes, 1–256; values outside are drawn to the nearest bound.
    #[must_use]
    pub fn expecting(mut self, count: usize) -> Self {
        self.expected = Some(count.clamp(1, MAX_ANSWER) as u16);
        self
    }

    /// SELECT an application by its name, without asking for its description.
    pub fn select_application(name: &[u8]) -> Self {
        Self::new(0x00, 0xA4, 0x04, 0x0C).with_data(name)
    }

    /// SELECT an elementary file of the current application.
    pub fn select_file(file: u16) -> Self {
        Self::new(0x00, 0xA4, 0x02, 0x0C).with_data(&file.to_be_bytes())
    }

    /// READ BINARY of the current file; `offset` has 15 bits.
    pub fn read_binary(offset: u16, count: usize) -> Self {
        let [high, low] = offset.to_be_bytes();
        Self::new(0x00, 0xB0, high & 0x7F, low).expecting(count)
    }

    /// Asks how many tries the current key reference has left. Costs none.
    pub fn query_tries() -> Self {
        Self::new(0x00, 0x20, 0x00, 0x80)
    }

    /// VERIFY against the current key reference.
    pub fn verify(secret: &[u8]) -> Self {
        Self::new(0x00, 0x20, 0x00, 0x80).with_data(secret)
    }

    /// COMPUTE DIGITAL SIGNATURE with the current private key: the card pads `input` by PKCS#1 v1.5 as it is.
    pub fn sign(input: &[u8]) -> Self {
        Self::new(0x80, 0x2A, 0x00, 0x80).with_data(input).expecting(MAX_ANSWER)
    }

    /// COMPUTE DIGITAL SIGNATURE with the current application's own key, which stands outside its files (P2 00).
    pub fn sign_with_own_key(input: &[u8]) -> Self {
        Self::new(0x80, 0x2A, 0x00, 0x00).with_data(input).expecting(MAX_ANSWER)
    }

    /// Tells an iPhone that no more commands follow. A card answers it 6700. Source: the `myna-card` survey.
    pub fn last_command() -> Self {
        Self::new(0x80, 0xFC, 0x00, 0x00)
    }

    /// The bytes on the wire. Data past 255 bytes cannot be expressed; it is cut, and no constructor of ours makes it.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(6 + self.data.len()));
        bytes.extend_from_slice(&[self.class, self.instruction, self.p1, self.p2]);
        let data = &self.data[..self.data.len().min(255)];
        if !data.is_empty() {
            bytes.push(data.len() as u8);
            bytes.extend_from_slice(data);
        }
        if let Some(count) = self.expected {
            bytes.push((count % 256) as u8); // 256 is written 00
        }
        bytes
    }

    /// Reads a short command APDU, as a card does.
    ///
    /// # Errors
    /// [`MalformedCommand`] when the lengths do not add up.
    pub fn parse(bytes: &[u8]) -> Result<Self, MalformedCommand> {
        let [class, instruction, p1, p2, rest @ ..] = bytes else {
            return Err(MalformedCommand::TooShort(bytes.len()));
        };
        let header = Self::new(*class, *instruction, *p1, *p2);
        let answer_size = |le: u8| if le == 0 { MAX_ANSWER } else { usize::from(le) };
        match rest {
            [] => Ok(header),
            [le] => Ok(header.expecting(answer_size(*le))),
            [0, ..] => Err(MalformedCommand::Extended),
            [lc, body @ ..] => {
                let declared = usize::from(*lc);
                match body.len().checked_sub(declared) {
                    Some(0) => Ok(header.with_data(body)),
                    Some(1) => Ok(header.with_data(&body[..declared]).expecting(answer_size(body[declared]))),
                    _ => Err(MalformedCommand::WrongLength { declared, present: body.len() }),
                }
            }
        }
    }
}

impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { class, instruction, p1, p2, data, expected } = self;
        write!(f, "{class:02X} {instruction:02X} {p1:02X} {p2:02X} [{} bytes] {expected:?}", data.len())
    }
}

/// The two status bytes that end every answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StatusWord(pub u16);

impl StatusWord {
    /// Done.
    pub const DONE: Self = Self(0x9000);
    /// Wrong length of the data or of the expected answer.
    pub const WRONG_LENGTH: Self = Self(0x6700);
    /// Logical channels other than 0 are not there.
    pub const CHANNEL_NOT_SUPPORTED: Self = Self(0x6881);
    /// The file is of another structure: reading a key, for one.
    pub const WRONG_STRUCTURE: Self = Self(0x6981);
    /// The secret that opens it has not been verified.
    pub const SECURITY_NOT_SATISFIED: Self = Self(0x6982);
    /// The secret's counter is empty.
    pub const AUTHENTICATION_BLOCKED: Self = Self(0x6984);
    /// The conditions of use are not met: input the key does not take.
    pub const CONDITIONS_NOT_SATISFIED: Self = Self(0x6985);
    /// No file is selected.
    pub const NO_CURRENT_FILE: Self = Self(0x6986);
    /// Such a file or application is not here.
    pub const NOT_FOUND: Self = Self(0x6A82);
    /// Parameters the instruction does not know.
    pub const WRONG_PARAMETERS: Self = Self(0x6A86);
    /// The data object or key referred to is not here.
    pub const REFERENCE_NOT_FOUND: Self = Self(0x6A88);
    /// The offset lies past the end.
    pub const OFFSET_PAST_END: Self = Self(0x6B00);
    /// The instruction is not known.
    pub const UNKNOWN_INSTRUCTION: Self = Self(0x6D00);
    /// The class is not known.
    pub const UNKNOWN_CLASS: Self = Self(0x6E00);
    /// No precise diagnosis; seen as the first answer after power-up.
    pub const NO_DIAGNOSIS: Self = Self(0x6F00);

    /// `63Cn`: a miss, or the answer to a query, with `tries` left (0–15).
    pub const fn tries_left(tries: u8) -> Self {
        Self(0x63C0 | (tries & 0x0F) as u16)
    }

    /// The `n` of `63Cn`.
    pub const fn as_tries_left(self) -> Option<u8> {
        if self.0 & 0xFFF0 == 0x63C0 { Some((self.0 & 0x0F) as u8) } else { None }
    }

    /// Whether it is 9000.
    pub const fn is_done(self) -> bool {
        self.0 == 0x9000
    }
}

impl std::fmt::Display for StatusWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

impl std::fmt::Debug for StatusWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

/// One answer. `Debug` shows the status only: the data may be personal.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// What came before the status.
    pub data: Vec<u8>,
    /// The status.
    pub status: StatusWord,
}

/// The answer is no response APDU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a response APDU has 2 to 258 bytes, this one has {0}")]
pub struct MalformedResponse(pub usize);

impl Response {
    /// A status without data.
    pub const fn status(status: StatusWord) -> Self {
        Self { data: Vec::new(), status }
    }

    /// Data with 9000.
    pub const fn done(data: Vec<u8>) -> Self {
        Self { data, status: StatusWord::DONE }
    }

    /// Reads the bytes a reader handed over.
    ///
    /// # Errors
    /// [`MalformedResponse`] when they are too few, or more than a short APDU can bring back.
    pub fn parse(bytes: &[u8]) -> Result<Self, MalformedResponse> {
        match bytes.split_last_chunk::<2>() {
            Some((data, status)) if data.len() <= MAX_ANSWER => {
                Ok(Self { data: data.to_vec(), status: StatusWord(u16::from_be_bytes(*status)) })
            }
            _ => Err(MalformedResponse(bytes.len())),
        }
    }

    /// The bytes on the wire.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.data.clone();
        bytes.extend_from_slice(&self.status.0.to_be_bytes());
        bytes
    }
}

impl From<StatusWord> for Response {
    fn from(status: StatusWord) -> Self {
        Self::status(status)
    }
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{} bytes] {}", self.data.len(), self.status)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_commands_have_the_bytes_of_the_survey() {
        assert_eq!(*Command::select_file(0x000A).encode(), [0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x0A]);
        assert_eq!(*Command::read_binary(0x0107, 256).encode(), [0x00, 0xB0, 0x01, 0x07, 0x00]);
        assert_eq!(*Command::query_tries().encode(), [0x00, 0x20, 0x00, 0x80]);
        assert_eq!(*Command::verify(b"1234").encode(), *b"\x00\x20\x00\x80\x041234");
        assert_eq!(*Command::sign(&[9]).encode(), [0x80, 0x2A, 0x00, 0x80, 0x01, 0x09, 0x00]);
    }

    #[test]
    fn a_printed_command_does_not_tell_the_pin() {
        assert!(!format!("{:?}", Command::verify(b"1234")).contains("1234"));
        assert!(!format!("{:?}", Command::verify(b"1234")).contains("49"));
    }

    #[test]
    fn lengths_that_do_not_add_up_are_refused() {
        assert_eq!(Command::parse(&[0, 1, 2]), Err(MalformedCommand::TooShort(3)));
        assert_eq!(Command::parse(&[0, 1, 2, 3, 5, 1]), Err(MalformedCommand::WrongLength { declared: 5, present: 1 }));
        assert_eq!(Command::parse(&[0, 1, 2, 3, 0, 0, 1, 9]), Err(MalformedCommand::Extended));
        assert_eq!(Response::parse(&[0x90]), Err(MalformedResponse(1)));
        assert_eq!(Response::parse(&[0; 259]), Err(MalformedResponse(259)));
    }

    proptest! {
        #[test]
        fn a_command_survives_the_wire(
            header: [u8; 4],
            data in proptest::collection::vec(any::<u8>(), 0..=255),
            expected in proptest::option::of(1usize..=256),
        ) {
            let mut command = Command::new(header[0], header[1], header[2], header[3]).with_data(&data);
            if let Some(count) = expected {
                command = command.expecting(count);
            }
            prop_assert_eq!(Command::parse(&command.encode()), Ok(command));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(command) = Command::parse(&bytes) {
                prop_assert_eq!(&*command.encode(), &bytes);
            }
            if let Ok(response) = Response::parse(&bytes) {
                prop_assert_eq!(response.encode(), bytes);
            }
        }
    }
}
