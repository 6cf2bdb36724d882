//! The tables. To add one, add a line here: open stores get it when they are next opened.

use redb::TableDefinition;

/// Entries of the log: number -> hash (32 bytes) ‖ canonical bytes, in the clear.
pub(super) const LOG: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("log");

/// Signed checkpoints of the log: size -> signed note, in the clear. Beside the log and not in it, for an entry would
/// call for the next checkpoint for ever.
pub(super) const CHECKPOINTS: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("checkpoints");

/// What the store knows of itself; see `meta`.
pub(super) const META: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("meta");

macro_rules! tables {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// The tables of sealed records.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Table {
            $($(#[$doc])* $variant,)*
        }

        impl Table {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name in the file, which the seal of every record covers: for ever.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

tables! {
    /// Accounts by user id.
    Accounts = "accounts",
    /// Password hashes and enrolled cards by user id.
    Credentials = "credentials",
    /// One-time-password tokens by user id and token id.
    Tokens = "tokens",
    /// Failed attempts by account and by source.
    Tallies = "tallies",
    /// Live sessions by public id.
    Sessions = "sessions",
    /// Card challenges given out and not yet answered.
    Challenges = "challenges",
    /// Cases by 仮番号.
    Cases = "cases",
    /// Enquiries by id.
    Enquiries = "enquiries",
    /// Requests by id: which enquiry, which file, how far.
    Requests = "requests",
    /// Half-typed forms by enquiry id.
    Drafts = "drafts",
    /// Retrieved documents by id.
    Documents = "documents",
    /// Answers already given, by idempotency key.
    Idempotency = "idempotency",
    /// Which cases claim an identity, by a digest of it (B9).
    Claims = "claims",
    /// Whom each enquiry of a case stands for, by 仮番号 (B9).
    CaseClaims = "case_claims",
    /// Refusals that are counted, by source and line.
    Repeats = "repeats",
    /// What the home screen shows of enquiries, by owner and case.
    Shelf = "shelf",
    /// How far the log was sent, by target.
    Shipping = "shipping",
    /// Authorities of cards that administrators pinned, by SHA-256 of their certificates.
    Authorities = "authorities",
    /// Cards that wait for a second administrator, by user id and SHA-256 of the key.
    PendingCards = "pending_cards",
    /// 事後確認 by number.
    Reviews = "reviews",
    /// What is still open of them, what they are about, and in which month they were opened: small rows, so that the open
    /// ones are counted by their keys.
    ReviewIndex = "review_index",
    /// 事後説明 by enquiry id.
    Explanations = "explanations",
    /// Settings of the store.
    Settings = "settings",
}

/// What becomes of a table when a damaged store is followed by a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heritage {
    /// Of no use or not safe in another store: whoever was logged in logs in again.
    Left,
    /// Carried over where it can still be read.
    Carried,
    /// The same, and copied beside the store as well: without it nobody could log in.
    Kept,
}

impl Table {
    pub(super) const fn heritage(self) -> Heritage {
        match self {
            // The cursors of shipping count the entries of the old log.
            Self::Sessions | Self::Challenges | Self::Idempotency | Self::Shipping => Heritage::Left,
            Self::Accounts
            | Self::Credentials
            | Self::Tokens
            | Self::Tallies
            | Self::Authorities
            | Self::PendingCards
            | Self::Settings => Heritage::Kept,
            Self::Cases
            | Self::Enquiries
            | Self::Requests
            | Self::Drafts
            | Self::Documents
            | Self::Claims
            | Self::CaseClaims
            | Self::Repeats
            | Self::Shelf
            | Self::Reviews
            | Self::ReviewIndex
            | Self::Explanations => Heritage::Carried,
        }
    }

    /// What people call what is in it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Accounts => "利用者",
            Self::Credentials => "パスワードとカードの登録",
            Self::Tokens => "ワンタイムパスワードの登録",
            Self::Tallies => "ログイン失敗の回数",
            Self::Sessions => "ログイン中のセッション",
            Self::Challenges => "カード認証の途中",
            Self::Cases => "症例",
            Self::Enquiries => "照会",
            Self::Requests => "照会の送信状況",
            Self::Drafts => "入力の途中",
            Self::Documents => "取得した情報",
            Self::Idempotency => "操作の再送",
            Self::Claims | Self::CaseClaims => "本人の特定",
            Self::Repeats => "拒否の回数",
            Self::Shelf => "ホーム画面の一覧",
            Self::Shipping => "操作ログの送信状況",
            Self::Authorities => "認証局",
            Self::PendingCards => "承認待ちのカード",
            Self::Reviews | Self::ReviewIndex => "事後確認",
            Self::Explanations => "事後説明",
            Self::Settings => "設定",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|table| table.name() == name)
    }

    pub(super) const fn definition(self) -> TableDefinition<'static, &'static str, &'static [u8]> {
        TableDefinition::new(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use redb::TableHandle as _;

    #[test]
    fn names_are_distinct() {
        let mut names: Vec<&str> = Table::ALL.iter().map(|table| table.name()).collect();
        names.extend([LOG.name(), META.name(), CHECKPOINTS.name()]);
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
