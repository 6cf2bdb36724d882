//! hcRole: the profession that an HPKI certificate names, in the words of its coding scheme and in Japanese.

/// The names of the scheme (1.2.392.100495.1.6.1.1) that are known here.
const ROLES: &[(&str, &str)] = &[
    ("Medical Doctor", "医師"),
    ("Dentist", "歯科医師"),
    ("Pharmacist", "薬剤師"),
    ("Medical Technologist", "臨床検査技師"),
    ("Radiological Technologist", "診療放射線技師"),
    ("General Nurse", "看護師"),
    ("Public Health Nurse", "保健師"),
    ("Midwife", "助産師"),
    ("Physical Therapist", "理学療法士"),
    ("Occupational Therapist", "作業療法士"),
    ("Orthoptist", "視能訓練士"),
    ("Speech Therapist", "言語聴覚士"),
    ("Dental Technician", "歯科技工士"),
    ("National Registered Dietitian", "管理栄養士"),
    ("Certified Social Worker", "社会福祉士"),
    ("Certified Care Worker", "介護福祉士"),
    ("Emergency Medical Technician", "救急救命士"),
    ("Psychiatric Social Worker", "精神保健福祉士"),
    ("Clinical Engineer", "臨床工学技士"),
    ("Dental Hygienist", "歯科衛生士"),
];

/// The Japanese word; a name that is not known here stands as it is in the certificate.
pub fn label(role: &str) -> &str {
    ROLES.iter().find(|(name, _)| *name == role).map_or(role, |(_, label)| label)
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_not_known_is_shown_as_it_stands() {
        assert_eq!(super::label("General Nurse"), "看護師");
        assert_eq!(super::label("Director of Hospital"), "Director of Hospital");
    }
}
