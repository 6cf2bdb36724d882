//! Status words: the two bytes that end every answer of a card (ISO/IEC 7816-4, 5.6).

/// A status word by meaning; [`code`](Self::code) gives the bytes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusWord {
    /// 9000: done.
    Success,
    /// 61xx: done, that many bytes wait for GET RESPONSE (00 means 256).
    MoreData(u8),
    /// 6282: fewer bytes than asked for, because the file ended.
    EndOfFile,
    /// 6300: the PIN is wrong; the card does not say how many tries are left.
    VerifyFailed,
    /// 63Cx: x tries are left.
    TriesLeft(u8),
    /// 6700: wrong length.
    WrongLength,
    /// 6981: not a command for this file.
    Incompatible,
    /// 6982: the PIN was not verified.
    NotVerified,
    /// 6983: the PIN is locked.
    PinLocked,
    /// 6984: the PIN cannot be used; cards say this instead of 6983.
    PinUnusable,
    /// 6985: not allowed in this state.
    NotAllowed,
    /// 6A82: no such file or application.
    NotFound,
    /// Another 6Axx, or 6B00: parameters the card does not accept.
    WrongParameters(u16),
    /// 6Cxx: ask again for exactly that many bytes (00 means 256).
    WrongLe(u8),
    /// 6Dxx: unknown instruction.
    UnknownInstruction,
    /// 6Exx: unknown class.
    UnknownClass,
    /// Anything else.
    Other(u16),
}

impl StatusWord {
    /// From the two bytes, SW1 first.
    pub fn new(sw1: u8, sw2: u8) -> Self {
        let code = u16::from_be_bytes([sw1, sw2]);
        match (sw1, sw2) {
            (0x90, 0x00) => Self::Success,
            (0x61, n) => Self::MoreData(n),
            (0x62, 0x82) => Self::EndOfFile,
            (0x63, 0x00) => Self::VerifyFailed,
            (0x63, n) if n & 0xF0 == 0xC0 => Self::TriesLeft(n & 0x0F),
            (0x67, 0x00) => Self::WrongLength,
            (0x69, 0x81) => Self::Incompatible,
            (0x69, 0x82) => Self::NotVerified,
            (0x69, 0x83) => Self::PinLocked,
            (0x69, 0x84) => Self::PinUnusable,
            (0x69, 0x85) => Self::NotAllowed,
            (0x6A, 0x82) => Self::NotFound,
            (0x6A, _) | (0x6B, 0x00) => Self::WrongParameters(code),
            (0x6C, n) => Self::WrongLe(n),
            (0x6D, _) => Self::UnknownInstruction,
            (0x6E, _) => Self::UnknownClass,
            _ => Self::Other(code),
        }
    }

    /// SW1 and SW2 as one number. The second byte of 6Dxx and 6Exx is not kept.
    pub fn code(self) -> u16 {
        match self {
            Self::Success => 0x9000,
            Self::MoreData(n) => 0x6100 | u16::from(n),
            Self::EndOfFile => 0x6282,
            Self::VerifyFailed => 0x6300,
            Self::TriesLeft(n) => 0x63C0 | u16::from(n & 0x0F),
            Self::WrongLength => 0x6700,
            Self::Incompatible => 0x6981,
            Self::NotVerified => 0x6982,
            Self::PinLocked => 0x6983,
            Self::PinUnusable => 0x6984,
            Self::NotAllowed => 0x6985,
            Self::NotFound => 0x6A82,
            Self::WrongLe(n) => 0x6C00 | u16::from(n),
            Self::UnknownInstruction => 0x6D00,
            Self::UnknownClass => 0x6E00,
            Self::WrongParameters(code) | Self::Other(code) => code,
        }
    }

    /// Whether the card says that it does not know this way of doing it, so that another way may be tried. None of
    /// these answers costs a PIN try.
    pub fn means_unsupported(self) -> bool {
        matches!(
            self,
            Self::UnknownInstruction
                | Self::UnknownClass
                | Self::NotFound
                | Self::WrongParameters(_)
                | Self::WrongLength
                | Self::Incompatible
        )
    }
}

impl std::fmt::Display for StatusWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SW={:04X}", self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::StatusWord as S;

    #[test]
    fn meanings() {
        let table = [
            (0x9000, S::Success),
            (0x6110, S::MoreData(0x10)),
            (0x6282, S::EndOfFile),
            (0x6300, S::VerifyFailed),
            (0x63C3, S::TriesLeft(3)),
            (0x63CF, S::TriesLeft(15)),
            (0x6982, S::NotVerified),
            (0x6983, S::PinLocked),
            (0x6984, S::PinUnusable),
            (0x6A82, S::NotFound),
            (0x6A86, S::WrongParameters(0x6A86)),
            (0x6B00, S::WrongParameters(0x6B00)),
            (0x6C20, S::WrongLe(0x20)),
            (0x6D00, S::UnknownInstruction),
            (0x6581, S::Other(0x6581)),
            (0x0000, S::Other(0)),
        ];
        for (code, meaning) in table {
            let [sw1, sw2] = u16::to_be_bytes(code);
            assert_eq!(S::new(sw1, sw2), meaning, "{code:04X}");
            assert_eq!(meaning.code(), code);
        }
    }

    #[test]
    fn only_answers_that_cost_nothing_lead_to_another_variant() {
        let (mut yes, mut no) = (0, 0);
        for code in 0..=u16::MAX {
            let [sw1, sw2] = code.to_be_bytes();
            if S::new(sw1, sw2).means_unsupported() {
                yes += 1;
                assert!(matches!(sw1, 0x67 | 0x69 | 0x6A | 0x6B | 0x6D | 0x6E), "{code:04X}");
                assert!(!matches!(code, 0x6982..=0x6985), "{code:04X}");
            } else {
                no += 1;
            }
        }
        assert!(yes > 0 && no > 0);
    }
}
