//! (enquiry)
