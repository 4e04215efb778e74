// SPDX-License-Identifier: Apache-2.0
// The window's pieces, for those who wire them: composed by MainWindow, borrowed by Deeds and
// Commands. UI thread.
#pragma once

class QDockWidget;
class QMainWindow;
class QStackedWidget;

namespace ui {

class CallList;
class CodecsPanel;
class ComparePanel;
class DeskBridge;
class DialBar;
class EarsPanel;
class EarlyMediaPanel;
class ExplainPanel;
class FilesPanel;
class FindingsPanel;
class FlowBoard;
class FlowStrip;
class Focus;
class IncomingBar;
class Keychain;
class LadderPane;
class MessageView;
class NoticeBar;
class Settings;
class SoundPanel;
class StoryBar;
class Theme;
class Trust;
class WelcomePage;

struct Parts {
    QMainWindow *window = nullptr;
    DeskBridge *bridge = nullptr;
    Theme *theme = nullptr;
    Settings *settings = nullptr;
    Keychain *keychain = nullptr;
    Trust *trust = nullptr;
    Focus *focus = nullptr;
    QStackedWidget *pages = nullptr; // welcome, ladder
    WelcomePage *welcome = nullptr;
    LadderPane *ladder = nullptr;
    DialBar *dial = nullptr;
    FlowStrip *flows = nullptr;
    FlowBoard *board = nullptr;
    NoticeBar *notices = nullptr;
    IncomingBar *incoming = nullptr;
    StoryBar *story = nullptr;
    CallList *calls = nullptr;
    ExplainPanel *explain = nullptr;
    MessageView *message = nullptr;
    FindingsPanel *findings = nullptr;
    ComparePanel *compare = nullptr;
    FilesPanel *files = nullptr;
    EarlyMediaPanel *early = nullptr;
    EarsPanel *ears = nullptr;
    SoundPanel *sound = nullptr;
    CodecsPanel *codecs = nullptr;
    QDockWidget *callsDock = nullptr, *explainDock = nullptr, *messageDock = nullptr,
                *findingsDock = nullptr, *compareDock = nullptr, *filesDock = nullptr,
                *earlyDock = nullptr, *flowsDock = nullptr, *earsDock = nullptr,
                *soundDock = nullptr, *codecsDock = nullptr;
};

} // namespace ui
