//! placeholder
/// placeholder
pub fn fold(t: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    t.nfkc().collect()
}
