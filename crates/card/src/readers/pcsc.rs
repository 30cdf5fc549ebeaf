//! Readers of the machine, through PC/SC (`libpcsclite.so.1` and its daemon `pcscd`).
//!
//! The library is loaded when it is first asked for, so that Yakuba builds without any system development package and
//! runs on machines without readers. Connections are exclusive: no other program can sign with a PIN verified here.
//! Source of names, values and structures: `winscard.h`, `pcsclite.h` of pcsc-lite 1.9 (BSD).

use std::ffi::{CString, c_char, c_long, c_ulong};
use std::sync::Arc;
use std::time::Duration;

use libloading::Library;

use super::{Card, Reader, ReaderError};

/// What is loaded.
const LIBRARY: &str = "libpcsclite.so.1";

// On Linux the DWORD and LONG of PC/SC are `unsigned long` and `long`.
type Word = c_ulong;
type Status = c_long;
type Handle = c_long;

/// SCARD_IO_REQUEST.
#[repr(C)]
struct IoRequest {
    protocol: Word,
    length: Word,
}

/// SCARD_READERSTATE.
#[repr(C)]
struct ReaderState {
    reader: *const c_char,
    user_data: *const std::ffi::c_void,
    current_state: Word,
    event_state: Word,
    atr_length: Word,
    atr: [u8; 33],
}

const SCOPE_SYSTEM: Word = 2;
const SHARE_EXCLUSIVE: Word = 1;
const PROTOCOL_T0_OR_T1: Word = 3;
const UNPOWER_CARD: Word = 2;
const STATE_UNAWARE: Word = 0;
const STATE_PRESENT: Word = 0x20;
const STATE_MUTE: Word = 0x200;
/// The longest answer to a short command.
const MAX_ANSWER: usize = 258;
/// After another program was killed while it held the card, the daemon needs a moment to notice.
const IN_USE_RETRIES: u32 = 10;
const IN_USE_PAUSE: Duration = Duration::from_millis(50);

/// The functions of the library; they stay valid as long as `_library` lives.
struct Functions {
    establish_context: unsafe extern "C" fn(Word, *const u8, *const u8, *mut Handle) -> Status,
    release_context: unsafe extern "C" fn(Handle) -> Status,
    list_readers: unsafe extern "C" fn(Handle, *const c_char, *mut c_char, *mut Word) -> Status,
    get_status_change: unsafe extern "C" fn(Handle, Word, *mut ReaderState, Word) -> Status,
    connect: unsafe extern "C" fn(Handle, *const c_char, Word, Word, *mut Handle, *mut Word) -> Status,
    disconnect: unsafe extern "C" fn(Handle, Word) -> Status,
    transmit:
        unsafe extern "C" fn(Handle, *const IoRequest, *const u8, Word, *mut IoRequest, *mut u8, *mut Word) -> Status,
    _library: Library,
}

impl Functions {
    fn load() -> Result<Self, ReaderError> {
        let missing = |_| ReaderError::LibraryMissing { library: LIBRARY };
        // SAFETY: libpcsclite runs no code on loading that could break Rust's rules; the signatures below are those of
        // its header, and every function pointer is dropped together with the library that holds it.
        unsafe {
            let library = Library::new(LIBRARY).map_err(missing)?;
            Ok(Self {
                establish_context: *library.get(b"SCardEstablishContext\0").map_err(missing)?,
                release_context: *library.get(b"SCardReleaseContext\0").map_err(missing)?,
                list_readers: *library.get(b"SCardListReaders\0").map_err(missing)?,
                get_status_change: *library.get(b"SCardGetStatusChange\0").map_err(missing)?,
                connect: *library.get(b"SCardConnect\0").map_err(missing)?,
                disconnect: *library.get(b"SCardDisconnect\0").map_err(missing)?,
                transmit: *library.get(b"SCardTransmit\0").map_err(missing)?,
                _library: library,
            })
        }
    }
}

/// A conversation with the PC/SC daemon. Clones share it.
#[derive(Clone)]
pub struct PcscService(Arc<Context>);

struct Context {
    functions: Functions,
    handle: Handle,
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: the handle came from SCardEstablishContext and is released once.
        unsafe { (self.functions.release_context)(self.handle) };
    }
}

/// One reader as it stood when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderStatus {
    /// Its name.
    pub name: String,
    /// Whether a card lies on it.
    pub has_card: bool,
    /// Whether that card does not answer.
    pub is_mute: bool,
}

impl PcscService {
    /// Loads the library and greets the daemon.
    ///
    /// # Errors
    /// [`ReaderError::LibraryMissing`], [`ReaderError::DaemonNotRunning`].
    pub fn open() -> Result<Self, ReaderError> {
        let functions = Functions::load()?;
        let mut handle = 0;
        // SAFETY: the out parameter is valid; the reserved pointers may be null.
        let status =
            unsafe { (functions.establish_context)(SCOPE_SYSTEM, std::ptr::null(), std::ptr::null(), &raw mut handle) };
        check("SCardEstablishContext", status)?;
        Ok(Self(Arc::new(Context { functions, handle })))
    }

    fn reader_names(&self) -> Result<Vec<CString>, ReaderError> {
        let Context { functions, handle } = &*self.0;
        let mut buffer: Vec<u8> = Vec::new();
        // A reader may be plugged in between asking for the length and for the names: then once more.
        for _ in 0..4 {
            let mut length: Word = 0;
            // SAFETY: with a null buffer only the length is written.
            let status =
                unsafe { (functions.list_readers)(*handle, std::ptr::null(), std::ptr::null_mut(), &raw mut length) };
            check("SCardListReaders", status)?;
            buffer.resize(length as usize, 0);
            // SAFETY: the buffer has `length` bytes.
            let status = unsafe {
                (functions.list_readers)(*handle, std::ptr::null(), buffer.as_mut_ptr().cast(), &raw mut length)
            };
            if status as u32 == INSUFFICIENT_BUFFER {
                continue;
            }
            check("SCardListReaders", status)?;
            buffer.truncate(length as usize);
            break;
        }
        Ok(buffer
            .split(|&b| b == 0)
            .filter(|name| !name.is_empty())
            .filter_map(|name| CString::new(name).ok())
            .collect())
    }

    /// The readers and whether a card lies on each.
    ///
    /// # Errors
    /// [`ReaderError::NoReader`] when there is none.
    pub fn readers(&self) -> Result<Vec<ReaderStatus>, ReaderError> {
        let names = self.reader_names()?;
        if names.is_empty() {
            return Err(ReaderError::NoReader);
        }
        let mut states: Vec<_> = names
            .iter()
            .map(|name| ReaderState {
                reader: name.as_ptr(),
                user_data: std::ptr::null(),
                current_state: STATE_UNAWARE,
                event_state: 0,
                atr_length: 0,
                atr: [0; 33],
            })
            .collect();
        let Context { functions, handle } = &*self.0;
        // SAFETY: the array has as many entries as told, and their names outlive the call. A time-out of 0 asks for the
        // present state.
        let status = unsafe { (functions.get_status_change)(*handle, 0, states.as_mut_ptr(), states.len() as Word) };
        check("SCardGetStatusChange", status)?;
        let status = |(name, state): (CString, ReaderState)| ReaderStatus {
            name: name.to_string_lossy().into_owned(),
            has_card: state.event_state & STATE_PRESENT != 0,
            is_mute: state.event_state & STATE_MUTE != 0,
        };
        Ok(names.into_iter().zip(states).map(status).collect())
    }

    /// A reader by name, whether a card lies on it or not.
    pub fn reader(&self, name: &str) -> PcscReader {
        PcscReader { service: self.clone(), name: name.to_owned() }
    }

    /// The reader with the only card there is.
    ///
    /// # Errors
    /// [`ReaderError::NoReader`], [`ReaderError::NoCard`], [`ReaderError::SeveralCards`]: which one is meant must not be
    /// guessed.
    pub fn reader_with_the_only_card(&self) -> Result<PcscReader, ReaderError> {
        let with_card: Vec<_> = self.readers()?.into_iter().filter(|reader| reader.has_card).collect();
        match with_card.as_slice() {
            [] => Err(ReaderError::NoCard),
            [reader] if reader.is_mute => Err(ReaderError::Unresponsive),
            [reader] => Ok(self.reader(&reader.name)),
            several => Err(ReaderError::SeveralCards(several.len())),
        }
    }
}

impl std::fmt::Debug for PcscService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PcscService")
    }
}

/// One reader of the machine.
#[derive(Clone, Debug)]
pub struct PcscReader {
    service: PcscService,
    name: String,
}

impl Reader for PcscReader {
    fn name(&self) -> &str {
        &self.name
    }

    fn has_card(&self) -> Result<bool, ReaderError> {
        let readers = self.service.readers()?;
        readers.iter().find(|r| r.name == self.name).map(|r| r.has_card).ok_or(ReaderError::NoReader)
    }

    fn connect(&mut self) -> Result<Box<dyn Card>, ReaderError> {
        let name = CString::new(self.name.as_str()).map_err(|_| ReaderError::NoReader)?;
        let Context { functions, handle: context } = &*self.service.0;
        let (mut handle, mut protocol) = (0, 0);
        let mut connect = || {
            // SAFETY: the name is a C string that outlives the call and both out parameters are valid.
            let status = unsafe {
                (functions.connect)(
                    *context,
                    name.as_ptr(),
                    SHARE_EXCLUSIVE,
                    PROTOCOL_T0_OR_T1,
                    &raw mut handle,
                    &raw mut protocol,
                )
            };
            check("SCardConnect", status)
        };
        let mut connected = connect();
        for _ in 0..IN_USE_RETRIES {
            if connected != Err(ReaderError::InUse) {
                break;
            }
            std::thread::sleep(IN_USE_PAUSE);
            connected = connect();
        }
        connected?;
        Ok(Box::new(PcscCard { service: self.service.clone(), handle: Some(handle), protocol }))
    }
}

/// An exclusive connection; unpowers the card when dropped.
struct PcscCard {
    service: PcscService,
    /// `None` after the power was cut.
    handle: Option<Handle>,
    protocol: Word,
}

impl Card for PcscCard {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        let handle = self.handle.ok_or(ReaderError::NoCard)?;
        let request = IoRequest { protocol: self.protocol, length: size_of::<IoRequest>() as Word };
        let mut answer = [0; MAX_ANSWER];
        let mut length = answer.len() as Word;
        // SAFETY: both buffers are as long as told; the library writes at most `length` bytes and says how many.
        let status = unsafe {
            (self.service.0.functions.transmit)(
                handle,
                &raw const request,
                command.as_ptr(),
                command.len() as Word,
                std::ptr::null_mut(),
                answer.as_mut_ptr(),
                &raw mut length,
            )
        };
        check("SCardTransmit", status)?;
        Ok(answer.get(..length as usize).unwrap_or(&answer).to_vec())
    }

    fn power_off(&mut self) -> Result<(), ReaderError> {
        match self.handle.take() {
            // SAFETY: the handle came from SCardConnect and is given back once.
            Some(handle) => {
                check("SCardDisconnect", unsafe { (self.service.0.functions.disconnect)(handle, UNPOWER_CARD) })
            }
            None => Ok(()),
        }
    }
}

impl Drop for PcscCard {
    fn drop(&mut self) {
        // The daemon frees the card by itself when this process is gone; nothing else is left to do.
        let _ = self.power_off();
    }
}

const INSUFFICIENT_BUFFER: u32 = 0x8010_0008;

/// PC/SC status → our words. Source: `pcsclite.h`.
fn check(call: &'static str, status: Status) -> Result<(), ReaderError> {
    Err(match status as u32 {
        0 => return Ok(()),
        // SERVICE_STOPPED, NO_SERVICE, INVALID_HANDLE (the daemon was restarted), COMM_ERROR
        0x8010_001E | 0x8010_001D | 0x8010_0003 | 0x8010_002F => ReaderError::DaemonNotRunning,
        // UNKNOWN_READER, READER_UNAVAILABLE, NO_READERS_AVAILABLE
        0x8010_0009 | 0x8010_0017 | 0x8010_002E => ReaderError::NoReader,
        // NO_SMARTCARD
        0x8010_000C => ReaderError::NoCard,
        // SHARING_VIOLATION
        0x8010_000B => ReaderError::InUse,
        // UNRESPONSIVE_CARD, UNPOWERED_CARD, PROTO_MISMATCH, UNSUPPORTED_CARD
        0x8010_0066 | 0x8010_0067 | 0x8010_000F | 0x8010_0065 => ReaderError::Unresponsive,
        // REMOVED_CARD; NOT_TRANSACTED: the command got lost half way, as when a card leaves the field before the daemon
        // has noticed (seen with pcscd 1.9.9)
        0x8010_0069 | 0x8010_0016 => ReaderError::CardRemoved,
        // RESET_CARD
        0x8010_0068 => ReaderError::CardReset,
        code => ReaderError::Failed { call, code },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_the_service_have_our_words() {
        assert_eq!(check("x", 0), Ok(()));
        assert_eq!(check("x", 0x8010_0069), Err(ReaderError::CardRemoved));
        assert_eq!(check("x", 0x8010_001D), Err(ReaderError::DaemonNotRunning));
        assert_eq!(check("x", 0x8010_0001), Err(ReaderError::Failed { call: "x", code: 0x8010_0001 }));
    }
}
