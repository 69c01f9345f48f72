//! What a peer has sent, for people to read.

/// Octets of a peer, in which nothing can steer a terminal: controls, those of C1 too, and what cannot be seen are escaped.
pub(crate) fn shown(octets: &[u8]) -> String {
    let mut shown = String::new();
    for piece in octets.utf8_chunks() {
        for character in piece.valid().chars() {
            match character {
                '"' | '\'' => shown.push(character),
                _ => shown.extend(character.escape_debug()),
            }
        }
        shown.extend(piece.invalid().escape_ascii().map(char::from));
    }
    shown
}
