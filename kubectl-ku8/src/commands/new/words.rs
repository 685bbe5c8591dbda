//! What the wizard says by itself, in each language that has all of it.
//! It never holds a flag, a path or a value: those are the same in every language.

use crate::cli::Lang;

/// The wizard's own sentences.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) template: &'static str,
    pub(super) name: &'static str,
    pub(super) name_help: &'static str,
    pub(super) taken: &'static str,
    pub(super) advanced: &'static str,
    pub(super) advanced_help: &'static str,
    pub(super) yes: &'static str,
    pub(super) no: &'static str,
    pub(super) questions: &'static str,
    pub(super) optional: &'static str,
    pub(super) secret: &'static str,
    pub(super) same: &'static str,
    pub(super) takes: &'static str,
    pub(super) again: &'static str,
    pub(super) next: &'static str,
    pub(super) save: &'static str,
    pub(super) save_note: &'static str,
    pub(super) publish: &'static str,
    pub(super) publish_note: &'static str,
    pub(super) file: &'static str,
    pub(super) file_note: &'static str,
    pub(super) change: &'static str,
    pub(super) change_note: &'static str,
    pub(super) nothing: &'static str,
    pub(super) nothing_note: &'static str,
    pub(super) file_name: &'static str,
    pub(super) file_exists: &'static str,
    pub(super) unsaved: &'static str,
}

const EN: Words = Words {
    template: "What do you want to run?",
    name: "Name",
    name_help: "What the definition is called; its objects are named after it.",
    taken: "there is a definition of that name already; choose another one",
    advanced: "Answer advanced questions too?",
    advanced_help: "Each has a default that is good for most.",
    yes: "yes",
    no: "no",
    questions: "questions",
    optional: "Enter alone: leave out",
    secret: "Never the value itself: `generate`, or NAME/KEY of a Secret that exists.",
    same: "The same in one line:",
    takes: "It takes:",
    again: "Please look at this answer again.",
    next: "What next?",
    save: "save",
    save_note: "store it as a draft; nothing runs yet",
    publish: "publish",
    publish_note: "store it and make it run now",
    file: "file",
    file_note: "write it to a file and store nothing",
    change: "change",
    change_note: "back to the last answer",
    nothing: "nothing",
    nothing_note: "leave without storing anything",
    file_name: "File",
    file_exists: "a file of that name is there already",
    unsaved: "nothing was saved",
};

const ZH: Words = Words {
    template: "要运行什么？",
    name: "名称",
    name_help: "定义的名称，它的对象都以此命名。",
    taken: "该名称的定义已存在，请换一个",
    advanced: "是否也回答高级问题？",
    advanced_help: "每一项都有适合大多数情况的默认值。",
    yes: "是",
    no: "否",
    questions: "个问题",
    optional: "直接回车：不设置",
    secret: "不要输入密码本身：填 generate，或已有 Secret 的 名称/键。",
    same: "等价的一条命令：",
    takes: "资源需求：",
    again: "请重新检查这一项。",
    next: "接下来做什么？",
    save: "save",
    save_note: "保存为草稿，暂不运行",
    publish: "publish",
    publish_note: "保存并立即发布",
    file: "file",
    file_note: "写入文件，不保存到集群",
    change: "change",
    change_note: "回到上一个答案",
    nothing: "nothing",
    nothing_note: "不保存，直接退出",
    file_name: "文件",
    file_exists: "同名文件已存在",
    unsaved: "未保存任何内容",
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
