// SPDX-License-Identifier: Apache-2.0
// Every command of the window as one table: stable id, words, keys, menu, deed. Menus, shortcuts
// and the help sheet are made from it. UI thread.
#pragma once

#include <QString>
#include <span>
#include <ui/needs.h>

class QAction;
class QMainWindow;

namespace ui {

class Deeds;

struct Command {
    const char *id;   // "file.open": the action's objectName
    const char *menu; // "File"; "-" before the text starts a group
    const char *text; // with its mnemonic
    const char *keys; // portable, "; " between several; empty: none
    void (*run)(Deeds &deeds, QAction &action);
    Need need = Need::Nothing;
    bool checkable = false;
};
std::span<const Command> commands();
/// Keys that act while the call list or the ladder has the focus, for the help sheet.
struct LetterKey {
    const char *keys, *text;
};
std::span<const LetterKey> letterKeys();

/// Makes the menus with all actions, the exports and the recent files.
void buildMenus(QMainWindow &window, Deeds &deeds);

} // namespace ui
