//! The training authority and its cards, compiled in. Their keys are public: they prove nothing outside a training
//! store.

/// A card that the training authority issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrainingCard {
    /// `doctor-1` to `doctor-3`.
    pub name: &'static str,
    /// Authentication certificate, DER.
    pub certificate: &'static [u8],
    /// Private key, PKCS#8 DER.
    pub key: &'static [u8],
}

/// All training cards.
pub const TRAINING_CARDS: [TrainingCard; 3] = [
    TrainingCard {
        name: "doctor-1",
        certificate: include_bytes!("../../../fixtures/cards/training/doctor-1.der"),
        key: include_bytes!("../../../fixtures/cards/training/doctor-1.key.der"),
    },
    TrainingCard {
        name: "doctor-2",
        certificate: include_bytes!("../../../fixtures/cards/training/doctor-2.der"),
        key: include_bytes!("../../../fixtures/cards/training/doctor-2.key.der"),
    },
    TrainingCard {
        name: "doctor-3",
        certificate: include_bytes!("../../../fixtures/cards/training/doctor-3.der"),
        key: include_bytes!("../../../fixtures/cards/training/doctor-3.key.der"),
    },
];

/// The card of that name.
pub fn training_card(name: &str) -> Option<TrainingCard> {
    TRAINING_CARDS.into_iter().find(|card| card.name == name)
}

/// Root and issuing certificate of the training authority, DER.
pub fn training_anchors() -> [&'static [u8]; 2] {
    [
        include_bytes!("../../../fixtures/cards/training/root.der"),
        include_bytes!("../../../fixtures/cards/training/issuing.der"),
    ]
}
