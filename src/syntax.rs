//! One line's text to values and back.
