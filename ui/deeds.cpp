// SPDX-License-Identifier: Apache-2.0
#include <ui/deeds.h>

#include <array>
#include <QDockWidget>
#include <QMainWindow>
#include <QStackedWidget>
#include <QTreeView>
#include <ui/bridge/desk_bridge.h>
#include <ui/focus.h>
#include <ui/needs.h>
#include <ui/panels/bars.h>
#include <ui/panels/call_list.h>
#include <ui/panels/clock_bar.h>
#include <ui/panels/compare_panel.h>
#include <ui/panels/dial_bar.h>
#include <ui/panels/early_media_panel.h>
#include <ui/panels/explain_panel.h>
#include <ui/panels/files_panel.h>
#include <ui/panels/findings_panel.h>
#include <ui/panels/flow_board.h>
#include <ui/panels/flow_strip.h>
#include <ui/panels/help_sheet.h>
#include <ui/panels/ladder_pane.h>
#include <ui/panels/palette.h>
#include <ui/panels/welcome_page.h>
#include <ui/replay.h>
#include <ui/text.h>
#include <ui/theme/theme.h>
#include <ui/views/ladder_view.h>
#include <ui/views/message_view.h>

namespace ui {

Deeds::Deeds(Parts parts, QObject *parent) : QObject(parent), m_parts(parts)
{
    wirePanels();
    wireCalls();
    connect(m_parts.bridge, &DeskBridge::notice, this, &Deeds::say);
    connect(&Replay::of(m_parts.bridge->store()), &Replay::notice, this, &Deeds::say);
    connect(&m_parts.bridge->store(), &Store::progressed, this, &Deeds::watchImport);
    connect(&m_parts.bridge->store(), &Store::callsTouched, this, &Deeds::showLadder);
    // Queued: after the window has arranged its panels.
    connect(
        this, &Deeds::ladderShown, this, [this] { m_presentation.ladderCame(); },
        Qt::QueuedConnection);
}

void Deeds::wirePanels()
{
    const Parts &p = m_parts;
    connect(p.welcome, &WelcomePage::storyWanted, this, &Deeds::playStory);
    connect(p.welcome, &WelcomePage::openWanted, this, &Deeds::openDialog);
    connect(p.welcome, &WelcomePage::accountWanted, this, [this] { addAccount(); });
    connect(p.welcome, &WelcomePage::callWanted, p.dial, &DialBar::focusTarget);
    connect(p.explain, &ExplainPanel::fixWanted, this, &Deeds::fix);
    connect(p.explain, &ExplainPanel::offerWanted, this, &Deeds::take);
    connect(p.explain, &ExplainPanel::compareWanted, this, &Deeds::compare);
    connect(p.explain, &ExplainPanel::certificateWanted, this, &Deeds::showCertificate);
    connect(p.ladder, &LadderPane::certificateWanted, this, &Deeds::showCertificate);
    p.files->clock().setReadAgain([this](const QStringList &arguments) { readAgain(arguments); });
    connect(p.ladder, &LadderPane::listenWanted, p.early, &EarlyMediaPanel::hear);
    connect(p.early, &EarlyMediaPanel::listens, p.ladder, &LadderPane::setListening);
    connect(p.ladder, &LadderPane::keyTyped, this, &Deeds::typed);
    connect(p.calls, &CallList::keyTyped, this, &Deeds::typed);
    connect(p.calls, &CallList::opened, this,
            [this] { m_parts.ladder->view().setFocus(Qt::OtherFocusReason); });
    connect(p.ladder, &LadderPane::opened, this, [this] {
        m_parts.messageDock->show();
        m_parts.messageDock->raise();
    });
    const auto showMessage = [this] {
        m_parts.message->display(m_parts.bridge->store().trace(), m_parts.focus->row());
    };
    connect(p.focus, &Focus::rowChanged, this, showMessage);
}

void Deeds::wireCalls()
{
    const Parts &p = m_parts;
    DeskBridge *bridge = p.bridge;
    connect(p.dial, &DialBar::begun, p.notices, &NoticeBar::dismissErrors);
    connect(p.dial, &DialBar::notice, this, &Deeds::say);
    connect(p.dial, &DialBar::accountWanted, this, [this] { addAccount(); });
    connect(p.incoming, &IncomingBar::answered, bridge, &DeskBridge::answer);
    connect(p.incoming, &IncomingBar::declined, bridge, &DeskBridge::decline);
    connect(p.incoming, &IncomingBar::earlyWanted, this, &Deeds::answerEarly);
    connect(p.incoming, &IncomingBar::declineWanted, this, &Deeds::declineWith);
    connect(p.incoming, &IncomingBar::redirectWanted, this, &Deeds::redirect);
    connect(p.story, &StoryBar::stopWanted, bridge, &DeskBridge::stopStory);
    connect(p.story, &StoryBar::againWanted, this, &Deeds::playStory);
    connect(p.early, &EarlyMediaPanel::muteWanted, bridge, &DeskBridge::mute);
    connect(p.early, &EarlyMediaPanel::chooseWanted, bridge, &DeskBridge::choose);
    connect(p.early, &EarlyMediaPanel::recordWanted, this, &Deeds::record);
    connect(p.flows, &FlowStrip::reRegisterWanted, bridge, &DeskBridge::reRegister);
    connect(p.flows, &FlowStrip::pingWanted, bridge, &DeskBridge::ping);
    connect(p.flows, &FlowStrip::drillWanted, this, &Deeds::drill);
    connect(p.flows, &FlowStrip::removeWanted, bridge, &DeskBridge::removeAccount);
    connect(&bridge->store(), &Store::accountsChanged, this, &Deeds::watchAccounts);
    connect(&bridge->store(), &Store::accountsChanged, this, &Deeds::tellPinged);
    connect(p.flows, &FlowStrip::explainWanted, this, &Deeds::explainFlow);
    connect(p.board, &FlowBoard::reRegisterWanted, bridge, &DeskBridge::reRegister);
    connect(p.board, &FlowBoard::pingWanted, bridge, &DeskBridge::ping);
    connect(p.board, &FlowBoard::drillWanted, this, &Deeds::drill);
    connect(p.board, &FlowBoard::idleWanted, this, &Deeds::searchIdle);
    connect(p.board, &FlowBoard::selfCallWanted, this, &Deeds::callSelf);
    connect(p.board, &FlowBoard::explainWanted, this, &Deeds::explainFlow);
    connect(p.board, &FlowBoard::certificateWanted, this, &Deeds::showCertificateOf);
    connect(p.flows, &FlowStrip::certificateWanted, this, &Deeds::showCertificateOf);
    // A failed call says why in the ladder and, for those who look elsewhere, in a sentence.
    connect(&bridge->store(), &Store::ownCallChanged, this, [this](const desk::CallInfo &call) {
        const bool failed =
            call.stage == desk::CallInfo::Stage::Failed && call.local && !call.sentence.empty();
        if (failed)
            say(shown(call.sentence), true);
    });
}

void Deeds::say(const QString &sentence, bool isError)
{
    m_parts.notices->add(sentence, isError);
}

void Deeds::showLadder()
{
    if (m_parts.pages->currentWidget() == m_parts.ladder)
        return;
    m_parts.pages->setCurrentWidget(m_parts.ladder);
    Q_EMIT ladderShown();
}

void Deeds::showWelcome()
{
    m_parts.pages->setCurrentWidget(m_parts.welcome);
}

void Deeds::typed(const QString &key)
{
    struct Entry {
        const char *key;
        void (*run)(Deeds &deeds);
    };
    static constexpr std::array kKeys{
        Entry{"t", [](Deeds &d) { d.m_parts.ladder->nextTimeMode(); }},
        Entry{"e", [](Deeds &d) { d.m_parts.ladder->toggleRepeats(); }},
        Entry{"m", [](Deeds &d) { d.m_parts.early->toggleMute(); }},
        Entry{"n", [](Deeds &d) { d.m_parts.focus->stepFinding(1); }},
        Entry{"N", [](Deeds &d) { d.m_parts.focus->stepFinding(-1); }},
        Entry{"]", [](Deeds &d) { d.m_parts.focus->stepTransaction(1); }},
        Entry{"[", [](Deeds &d) { d.m_parts.focus->stepTransaction(-1); }},
        Entry{"A", [](Deeds &d) { d.m_parts.ladder->view().followEnd(); }},
        Entry{"r", [](Deeds &d) { d.m_parts.messageDock->show(), d.m_parts.messageDock->raise(); }},
        Entry{" ", [](Deeds &d) { d.mark(); }},
        Entry{"/", [](Deeds &d) { d.m_parts.calls->focusFilter(); }},
        Entry{"x", [](Deeds &d) { d.nextLeg(); }},
        Entry{"?", [](Deeds &d) { d.help(); }},
    };
    for (const Entry &entry : kKeys) {
        if (key == QLatin1String(entry.key))
            entry.run(*this);
    }
    if (const int number = key.toInt(); number >= 1 && number <= 9)
        m_parts.explain->follow(number);
}

void Deeds::compare(int code)
{
    m_parts.compareDock->show();
    m_parts.compareDock->raise();
    const bool both = code == 0 || code == 183 || code == 430;
    m_parts.compare->compare(both ? 183 : code, 430);
}

void Deeds::mark()
{
    const auto row = m_parts.focus->row();
    if (!row.valid())
        return;
    const int status = m_parts.bridge->store().trace().row(row).status;
    if (status == 0)
        return;
    if (m_marked == 0) {
        m_marked = status;
        say(tr("%1 is marked. Mark a second response to compare the two.").arg(status), false);
        return;
    }
    m_parts.compareDock->show();
    m_parts.compareDock->raise();
    m_parts.compare->compare(m_marked, status);
    m_marked = 0;
}

void Deeds::help()
{
    auto *sheet = new HelpSheet(m_parts.window);
    sheet->setAttribute(Qt::WA_DeleteOnClose);
    sheet->show();
}

void Deeds::nextLeg()
{
    const legs::Join *join = m_parts.focus->stepLeg();
    if (join == nullptr) {
        say(lacking(Need::Legs, m_parts), false);
        return;
    }
    QStringList reasons;
    for (const std::string &reason : join->reasons)
        reasons << shown(reason);
    say(tr("%1: %2").arg(join->relation == legs::Relation::Transfer
                             ? tr("A leg of its transfer")
                             : tr("Another leg of the same call"),
                         reasons.join(QLatin1Char(' '))),
        false);
}

void Deeds::openPalette()
{
    auto *palette = new Palette(*this);
    palette->setAttribute(Qt::WA_DeleteOnClose);
    palette->open();
}

void Deeds::present(bool on)
{
    m_presentation.set(on);
}

void Deeds::nextPanel(int direction)
{
    const std::array<QWidget *, 5> stops{m_parts.calls->view(), &m_parts.ladder->view(),
                                         m_parts.explain, m_parts.early, m_parts.dial};
    const QWidget *now = m_parts.window->focusWidget();
    int at = -1;
    for (int i = 0; i < static_cast<int>(stops.size()); ++i) {
        QWidget *stop = stops[static_cast<std::size_t>(i)];
        if (now == stop || (now != nullptr && stop->isAncestorOf(now)))
            at = i;
    }
    const int count = static_cast<int>(stops.size());
    for (int tries = 0; tries < count; ++tries) {
        at = (at + direction + count) % count;
        QWidget *stop = stops[static_cast<std::size_t>(at)];
        if (!stop->isVisible())
            continue;
        QWidget *target = stop->focusPolicy() != Qt::NoFocus ? stop : stop->nextInFocusChain();
        target->setFocus(Qt::TabFocusReason);
        return;
    }
}

} // namespace ui
