// SPDX-License-Identifier: Apache-2.0
#include <ui/commands.h>

#include <array>
#include <QAction>
#include <QApplication>
#include <QDockWidget>
#include <QMainWindow>
#include <ui/bridge/desk_bridge.h>
#include <ui/deeds.h>
#include <ui/focus.h>
#include <ui/panels/bars.h>
#include <ui/panels/call_list.h>
#include <ui/panels/dial_bar.h>
#include <ui/panels/early_media_panel.h>
#include <ui/panels/ladder_pane.h>
#include <ui/panels/sound_panel.h>
#include <ui/theme/theme.h>
#include <ui/views/ladder_view.h>

namespace ui {
namespace {

using A = QAction;

void raise(QDockWidget *dock)
{
    dock->show();
    dock->raise();
    if (QWidget *inside = dock->widget())
        inside->setFocus(Qt::ShortcutFocusReason);
}

/// A board of eight flows is not read through a slit; what the user made of it is left larger.
void raiseBoard(Deeds &deeds)
{
    QDockWidget *dock = deeds.parts().flowsDock;
    raise(dock);
    const int title = dock->height() - dock->widget()->height();
    const int wanted =
        std::min(dock->widget()->sizeHint().height() + title, deeds.parts().window->height() / 3);
    if (!dock->isFloating() && dock->height() < wanted)
        deeds.parts().window->resizeDocks({dock}, {wanted}, Qt::Vertical);
}

void choose(Deeds &deeds, SchemeChoice choice)
{
    deeds.parts().theme->choose(choice);
}

constexpr std::array kCommands{
    Command{"file.open", "&File", "&Open captures...", "Ctrl+O",
            [](Deeds &d, A &) { d.openDialog(); }},
    Command{"file.follow", "&File", "Follow a &growing file...", "",
            [](Deeds &d, A &) { d.followDialog(); }},
    Command{"file.saveSession", "&File", "S&ave the session as...", "Ctrl+Shift+S",
            [](Deeds &d, A &) { d.saveSession(); }},
    Command{"file.record", "&File", "&Record sessions to disk", "",
            [](Deeds &d, A &a) { d.recordSessions(a.isChecked()); }, Need::Nothing, true},
    Command{"file.stop", "&File", "&Stop reading", "", [](Deeds &d, A &) { d.stopReading(); }},
    Command{"file.quit", "&File", "-&Quit", "Ctrl+Q",
            [](Deeds &d, A &) { d.parts().window->close(); }},

    Command{"edit.paste", "&Edit", "&Paste a trace", "Ctrl+V",
            [](Deeds &d, A &) { d.pasteTrace(); }},
    Command{"edit.copyMessage", "&Edit", "&Copy the message", "Ctrl+Alt+C",
            [](Deeds &d, A &) { d.copyMessage(); }, Need::Row},
    Command{"edit.copyLadder", "&Edit", "Copy the &ladder as text", "Ctrl+Shift+C",
            [](Deeds &d, A &) { d.copyLadder(); }, Need::Call},
    Command{"edit.filter", "&Edit", "-&Filter calls", "Ctrl+F; F3",
            [](Deeds &d, A &) { d.parts().calls->focusFilter(); }},
    Command{"edit.palette", "&Edit", "Find a command, a call or a c&ode...", "Ctrl+K; Ctrl+Shift+P",
            [](Deeds &d, A &) { d.openPalette(); }},
    Command{"edit.mark", "&Edit", "&Mark the row to compare", "Ctrl+M",
            [](Deeds &d, A &) { d.mark(); }, Need::Response},

    Command{"call.place", "&Call", "&Call", "Ctrl+Return; Ctrl+Enter",
            [](Deeds &d, A &) { d.parts().dial->call(); }},
    Command{"call.hangUp", "&Call", "&Hang up", "Ctrl+.",
            [](Deeds &d, A &) { d.parts().dial->hangUp(); }, Need::OwnCall},
    Command{"call.target", "&Call", "&Whom to call", "Ctrl+Shift+T",
            [](Deeds &d, A &) { d.parts().dial->focusTarget(); }},
    Command{"call.details", "&Call", "Detai&ls of the next calls...", "",
            [](Deeds &d, A &) { d.parts().dial->openDetails(); }},
    Command{"call.like", "&Call", "Call li&ke this INVITE", "",
            [](Deeds &d, A &) { d.callLikeThis(); }, Need::Invite},
    Command{"call.answer", "&Call", "-&Answer", "Ctrl+Shift+A",
            [](Deeds &d, A &) { d.parts().incoming->answer(); }, Need::Ringing},
    Command{"call.decline", "&Call", "&Decline", "Ctrl+Shift+D",
            [](Deeds &d, A &) { d.parts().incoming->decline(); }, Need::Ringing},
    Command{"call.early", "&Call", "Early media &before the answer (183)", "Ctrl+Alt+A",
            [](Deeds &d, A &) { d.answerEarly(); }, Need::Ringing},
    Command{"call.declineWith", "&Call", "Decl&ine with a code...", "Ctrl+Alt+D",
            [](Deeds &d, A &) { d.declineWith(); }, Need::Ringing},
    Command{"call.redirect", "&Call", "Redir&ect the caller (302)...", "Ctrl+Alt+R",
            [](Deeds &d, A &) { d.redirect(); }, Need::Ringing},
    Command{"call.hold", "&Call", "-Hold or res&ume", "Ctrl+Shift+H",
            [](Deeds &d, A &) { d.holdOrResume(); }, Need::Answered},
    Command{"call.holdByUpdate", "&Call", "Hold or resume b&y UPDATE", "",
            [](Deeds &d, A &) { d.holdOrResume(true); }, Need::Answered},
    Command{"call.digits", "&Call", "Send di&gits by INFO...", "",
            [](Deeds &d, A &) { d.sendDigits(); }, Need::OwnCall},
    Command{"call.keys", "&Call", "Send digits by telephone e&vents...", "",
            [](Deeds &d, A &) { d.sendDigits(true); }, Need::OwnCall},
    Command{"call.sending", "&Call", "What we se&nd...", "", [](Deeds &d, A &) { d.chooseSound(); },
            Need::OwnCall},
    Command{"call.transfer", "&Call", "&Transfer...", "", [](Deeds &d, A &) { d.transfer(); },
            Need::Answered},
    Command{"call.mute", "&Call", "-&Mute or play early media", "Ctrl+Shift+M",
            [](Deeds &d, A &) { d.parts().early->toggleMute(); }, Need::Sound},
    Command{"call.play", "&Call", "Play the captured sound, or stop it", "Ctrl+Alt+P",
            [](Deeds &d, A &) { d.parts().sound->togglePlay(); }, Need::Sound},
    Command{"call.listen", "&Call", "&Listen to the next early dialog", "Ctrl+Shift+L",
            [](Deeds &d, A &) { d.parts().early->listenToNext(); }, Need::Forks},
    Command{"call.record", "&Call", "&Record", "Ctrl+R",
            [](Deeds &d, A &) { d.parts().early->toggleRecord(); }, Need::Heard},
    Command{"call.repeat", "&Call", "-Re&peat the call...", "Ctrl+Shift+R",
            [](Deeds &d, A &) { d.repeatCall(); }},
    Command{"probe.options", "&Call", "Probe with &OPTIONS...", "Ctrl+Shift+O",
            [](Deeds &d, A &) { d.probe(desk::ProbeKind::Options); }},
    Command{"probe.trace", "&Call", "Hops to the target (Ma&x-Forwards)...", "Ctrl+Shift+F",
            [](Deeds &d, A &) { d.probe(desk::ProbeKind::Trace); }},
    Command{"probe.raw", "&Call", "Send &bytes as they are...", "Ctrl+Shift+B",
            [](Deeds &d, A &) { d.probe(desk::ProbeKind::Raw); }},
    Command{"call.certificate", "&Call", "-Certi&ficate...", "Ctrl+Shift+E",
            [](Deeds &d, A &) { d.showCertificate(); }, Need::Certificate},
    Command{"call.network", "&Call", "Network and certificates...", "Ctrl+,",
            [](Deeds &d, A &) { d.networkSettings(); }},
    Command{"account.add", "&Call", "-Register an acc&ount...", "Ctrl+N",
            [](Deeds &d, A &) { d.addAccount(); }},
    Command{"account.remove", "&Call", "Un-register an account...", "Ctrl+Shift+N",
            [](Deeds &d, A &) { d.unregisterOne(); }},

    Command{"view.calls", "&View", "&Calls", "Ctrl+1",
            [](Deeds &d, A &) { raise(d.parts().callsDock); }},
    Command{"view.ladder", "&View", "&Ladder", "Ctrl+2",
            [](Deeds &d, A &) {
                d.showLadder(), d.parts().ladder->view().setFocus(Qt::ShortcutFocusReason);
            }},
    Command{"view.explain", "&View", "&Explain", "Ctrl+3",
            [](Deeds &d, A &) { raise(d.parts().explainDock); }},
    Command{"view.message", "&View", "&Message", "Ctrl+4",
            [](Deeds &d, A &) { raise(d.parts().messageDock); }},
    Command{"view.findings", "&View", "&Findings", "Ctrl+5",
            [](Deeds &d, A &) { raise(d.parts().findingsDock); }},
    Command{"view.compare", "&View", "C&ompare 183 and 430", "Ctrl+6",
            [](Deeds &d, A &) { d.compare(0); }},
    Command{"view.files", "&View", "Fi&les read", "Ctrl+8",
            [](Deeds &d, A &) { raise(d.parts().filesDock); }},
    Command{"view.early", "&View", "Early me&dia", "Ctrl+7",
            [](Deeds &d, A &) { raise(d.parts().earlyDock); }},
    Command{"view.flows", "&View", "Flo&ws", "Ctrl+9", [](Deeds &d, A &) { raiseBoard(d); }},
    Command{"view.board", "&View", "Flow &board over the whole window", "Ctrl+Shift+9",
            [](Deeds &d, A &a) { d.enlargeBoard(a.isChecked()); }, Need::Nothing, true},
    Command{"view.ears", "&View", "W&ho hears what", "F7",
            [](Deeds &d, A &) { raise(d.parts().earsDock); }},
    Command{"view.sound", "&View", "So&und on the ladder's clock", "F9",
            [](Deeds &d, A &) { raise(d.parts().soundDock); }},
    Command{"view.codecs", "&View", "Offer and ans&wer", "F12",
            [](Deeds &d, A &) { raise(d.parts().codecsDock); }},
    Command{"view.leg", "&View", "Next le&g of this call", "F4", [](Deeds &d, A &) { d.nextLeg(); },
            Need::Legs},
    Command{"view.legs", "&View", "&Joined legs in one ladder", "Shift+F4",
            [](Deeds &d, A &a) { d.parts().ladder->showLegs(a.isChecked()); }, Need::Nothing, true},
    Command{"view.columns", "&View", "-All colum&ns of the call list", "F10",
            [](Deeds &d, A &a) { d.parts().calls->setWide(a.isChecked()); }, Need::Nothing, true},
    Command{"view.time", "&View", "Next &time mode", "Ctrl+T",
            [](Deeds &d, A &) { d.parts().ladder->nextTimeMode(); }, Need::Call},
    Command{"view.repeats", "&View", "Fold or unfold &retransmissions", "Ctrl+E",
            [](Deeds &d, A &) { d.parts().ladder->toggleRepeats(); }, Need::Call},
    Command{"view.keepAlives", "&View", "Fold or unfold &keep-alives", "Ctrl+Shift+K",
            [](Deeds &d, A &) { d.parts().ladder->toggleKeepAlives(); }, Need::Call},
    Command{"view.follow", "View/&Colours", "&Follow the desktop", "",
            [](Deeds &d, A &) { choose(d, SchemeChoice::Follow); }},
    Command{"view.light", "View/&Colours", "&Light", "",
            [](Deeds &d, A &) { choose(d, SchemeChoice::Light); }},
    Command{"view.dark", "View/&Colours", "&Dark", "",
            [](Deeds &d, A &) { choose(d, SchemeChoice::Dark); }},
    Command{"view.present", "&View", "-&Presentation", "F11",
            [](Deeds &d, A &a) { d.present(a.isChecked()); }, Need::Nothing, true},
    Command{"view.nextPanel", "&View", "Ne&xt panel", "F6; Ctrl+Tab",
            [](Deeds &d, A &) { d.nextPanel(1); }},
    Command{"view.previousPanel", "&View", "Pre&vious panel", "Shift+F6; Ctrl+Shift+Tab",
            [](Deeds &d, A &) { d.nextPanel(-1); }},

    Command{"finding.next", "F&indings", "&Next finding", "F8",
            [](Deeds &d, A &) { d.parts().focus->stepFinding(1); }, Need::Findings},
    Command{"finding.previous", "F&indings", "&Previous finding", "Shift+F8",
            [](Deeds &d, A &) { d.parts().focus->stepFinding(-1); }, Need::Findings},

    Command{"help.keys", "&Help", "&Keys", "F1", [](Deeds &d, A &) { d.help(); }},
    Command{"help.manual", "&Help", "&Manual", "Ctrl+F1", [](Deeds &d, A &) { d.manual(); }},
    Command{"help.welcome", "&Help", "&Welcome page and lab stories", "Ctrl+0",
            [](Deeds &d, A &) { d.showWelcome(); }},
    Command{"help.dismiss", "&Help", "-&Dismiss the newest notice", "Ctrl+D",
            [](Deeds &d, A &) { d.parts().notices->dismissNewest(); }, Need::Notice},
    Command{"help.about", "&Help", "-&About Earshot", "", [](Deeds &d, A &) { d.about(); }},
};

constexpr std::array kLetters{
    LetterKey{"Up, Down, j, k", "previous, next row"},
    LetterKey{"Home, End, PgUp, PgDn", "first, last row, a page"},
    LetterKey{"Enter", "open the ladder, then the message"},
    LetterKey{"1 ... 9", "jump to that evidence of the explanation"},
    LetterKey{"n, N", "next, previous finding"},
    LetterKey{"[, ]", "previous, next message of this transaction"},
    LetterKey{"Space", "mark a response; two marked are compared"},
    LetterKey{"Space", "in a story told step by step: the next step"},
    LetterKey{"t", "time: delta, since the start, of day"},
    LetterKey{"e", "fold or unfold retransmissions"},
    LetterKey{"r", "raw message"},
    LetterKey{"x", "next leg of the same call"},
    LetterKey{"m", "mute or play early media"},
    LetterKey{"A", "follow the end again"},
    LetterKey{"/", "filter calls"},
    LetterKey{"?", "this sheet"},
};

} // namespace

std::span<const Command> commands()
{
    return kCommands;
}
std::span<const LetterKey> letterKeys()
{
    return kLetters;
}

} // namespace ui
