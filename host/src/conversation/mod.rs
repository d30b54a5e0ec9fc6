//! Conversations: what a message means, which page follows, what is said.
