//! What a person at a keyboard meets: prompts, the wizard, completion, in a real terminal and through a real kubectl.
//! Without tmux, what needs a terminal is skipped, aloud.

mod bars;
mod completion;
mod prompts;
mod protected;
mod screen;
mod wizard;
