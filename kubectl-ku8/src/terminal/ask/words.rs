//! The few words around a question, in each language that has all of them.
//! It never holds a flag, a key or a value: those are the same in every language.

use crate::cli::Lang;

/// What prompts say by themselves.
#[derive(Debug)]
pub(super) struct Words {
    /// How to go back.
    pub(super) back: &'static str,
    /// How to move among choices.
    pub(super) move_keys: &'static str,
    /// Under a list that is longer than the screen, before the count.
    pub(super) more: &'static str,
    /// The word for yes, beside `y`.
    pub(super) yes: &'static str,
    /// The word for no, beside `n`.
    pub(super) no: &'static str,
    /// When it was neither.
    pub(super) yes_or_no: &'static str,
    /// Before the line of a numbered list.
    pub(super) number: &'static str,
    /// When it was no number of the list.
    pub(super) no_such: &'static str,
}

const EN: Words = Words {
    back: "Esc: back",
    move_keys: "arrows and Enter, or a number",
    more: "more",
    yes: "yes",
    no: "no",
    yes_or_no: "answer y or n",
    number: "Number or word",
    no_such: "answer with one of the numbers or words above",
};

const ZH: Words = Words {
    back: "Esc：上一步",
    move_keys: "方向键加回车，或输入序号",
    more: "更多",
    yes: "是",
    no: "否",
    yes_or_no: "请输入 y 或 n",
    number: "序号或名称",
    no_such: "请输入上面列出的序号或名称",
};

impl Words {
    /// The words of a language.
    pub(super) fn of(lang: Lang) -> &'static Self {
        match lang {
            Lang::En => &EN,
            Lang::Zh => &ZH,
        }
    }
}
