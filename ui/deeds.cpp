// SPDX-License-Identifier: Apache-2.0
#include <ui/deeds.h>

#include <array>
#include <desk/story_pace.h>
#include <QApplication>
#include <QClipboard>
#include <QDockWidget>
#include <QMainWindow>
#include <QMessageBox>
#include <QPushButton>
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
#include <ui/panels/manual_dialog.h>
#include <ui/panels/palette.h>
#include <ui/panels/welcome_page.h>
#include <ui/replay.h>
#include <ui/settings.h>
#include <ui/text.h>
#include <ui/theme/theme.h>
#include <ui/views/ladder_view.h>
#include <ui/views/message_view.h>
#include <utility>

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
    p.story->setPace(p.settings->text(QStringLiteral("story/pace")).toInt());
    connect(p.story, &StoryBar::paceChosen, this, [this](int pace) {
        m_parts.settings->setText(QStringLiteral("story/pace"), QString::number(pace));
    });
    connect(p.welcome, &WelcomePage::callWanted, p.dial, &DialBar::focusTarget);
    connect(p.explain, &ExplainPanel::fixWanted, this, &Deeds::fix);
    connect(p.explain, &ExplainPanel::offerWanted, this, &Deeds::take);
    connect(p.compare, &ComparePanel::callsWanted, this, &Deeds::filterCalls);
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
    connect(p.dial, &DialBar::accountWanted, this,
            [this](const QString &aor) { addAccount(toStd(aor), false); });
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
    connect(p.flows, &FlowStrip::reRegisterWanted, this, &Deeds::registerFlow);
    connect(p.flows, &FlowStrip::pingWanted, this, &Deeds::pingFlow);
    connect(p.flows, &FlowStrip::drillWanted, this, &Deeds::drill);
    connect(p.flows, &FlowStrip::removeWanted, this, &Deeds::unregister);
    connect(&bridge->store(), &Store::accountsChanged, this, &Deeds::watchAccounts);
    connect(&bridge->store(), &Store::accountsChanged, this, &Deeds::tellPinged);
    connect(&bridge->store(), &Store::accountsChanged, this, &Deeds::tellRegistered);
    connect(p.flows, &FlowStrip::explainWanted, this, &Deeds::explainFlow);
    connect(p.board, &FlowBoard::unregisterWanted, this, &Deeds::unregister);
    connect(p.board, &FlowBoard::told, this,
            [this](const QString &sentence) { tell("flow", sentence); });
    connect(p.board, &FlowBoard::reRegisterWanted, this, &Deeds::registerFlow);
    connect(p.board, &FlowBoard::pingWanted, this, &Deeds::pingFlow);
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

void Deeds::tell(const char *topic, const QString &sentence, bool isError)
{
    m_parts.notices->add(sentence, isError, QLatin1String(topic));
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
        Entry{" ",
              [](Deeds &d) {
                  if (d.m_parts.story->stepsByHand())
                      desk::storyPace().next();
                  else
                      d.mark();
              }},
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

void Deeds::explainCode(int code)
{
    m_parts.explain->showCode(code);
    m_parts.explainDock->show();
    m_parts.explainDock->raise();
}

void Deeds::filterCalls(const QString &words)
{
    showLadder();
    m_parts.callsDock->show();
    m_parts.callsDock->raise();
    m_parts.calls->filter(words);
}

void Deeds::manual()
{
    auto *manual = new ManualDialog(*m_parts.theme, m_parts.window);
    manual->setAttribute(Qt::WA_DeleteOnClose);
    manual->show();
}

void Deeds::about()
{
    auto *about = new QMessageBox(m_parts.window);
    about->setObjectName(QStringLiteral("about"));
    about->setAttribute(Qt::WA_DeleteOnClose);
    about->setWindowTitle(tr("About Earshot"));
    about->setTextFormat(Qt::PlainText);
    about->setText(tr("Earshot shows SIP calls as ladders, plays their early media and explains "
                      "183, 430 and every other response."));
    about->setInformativeText(qApp->property("versions").toString());
    about->setStandardButtons(QMessageBox::Close);
    QPushButton *copies = about->addButton(tr("&Copy the versions"), QMessageBox::ActionRole);
    copies->setObjectName(QStringLiteral("aboutCopy"));
    copies->disconnect(); // it does not close
    connect(copies, &QPushButton::clicked, about,
            [about] { QApplication::clipboard()->setText(about->informativeText()); });
    about->open();
}

void Deeds::enlargeBoard(bool on)
{
    QMainWindow &window = *m_parts.window;
    if (on != m_beforeBoard.isEmpty())
        return;
    if (!on) {
        window.restoreState(std::exchange(m_beforeBoard, {}));
        return;
    }
    showLadder();
    m_beforeBoard = window.saveState();
    for (QDockWidget *dock : window.findChildren<QDockWidget *>())
        dock->setVisible(dock == m_parts.flowsDock);
    m_parts.flowsDock->raise();
    // Of what the bars leave, or the window would grow past the screen.
    const int bars = window.menuWidget() == nullptr ? 0 : window.menuWidget()->height();
    window.resizeDocks({m_parts.flowsDock}, {(window.height() - bars) * 48 / 100}, Qt::Vertical);
    m_parts.board->setFocus(Qt::ShortcutFocusReason);
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
        tell("mark", tr("%1 is marked. Mark a second response to compare the two.").arg(status));
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
        tell("leg", lacking(Need::Legs, m_parts));
        return;
    }
    QStringList reasons;
    for (const std::string &reason : join->reasons)
        reasons << shown(reason);
    tell("leg", tr("%1: %2").arg(join->relation == legs::Relation::Transfer
                                     ? tr("A leg of its transfer")
                                     : tr("Another leg of the same call"),
                                 reasons.join(QLatin1Char(' '))));
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

namespace {

/// Where the keys go in a panel; nullptr: nothing there takes them.
QWidget *firstFocus(QWidget *panel)
{
    if (panel->focusProxy() != nullptr || panel->focusPolicy() != Qt::NoFocus)
        return panel;
    for (QWidget *each = panel->nextInFocusChain(); each != panel;
         each = each->nextInFocusChain()) {
        if (panel->isAncestorOf(each) && each->isVisibleTo(panel) && each->isEnabled() &&
            (each->focusPolicy() & Qt::TabFocus) != 0)
            return each;
    }
    return nullptr;
}

} // namespace

/// What is in sight: the call list, the middle, the panels that are in front, the bars.
void Deeds::nextPanel(int direction)
{
    QList<QWidget *> stops{m_parts.calls->view(), m_parts.pages->currentWidget()};
    for (QDockWidget *dock : m_parts.window->findChildren<QDockWidget *>()) {
        if (dock != m_parts.callsDock && !dock->visibleRegion().isEmpty())
            stops << dock->widget();
    }
    stops << m_parts.story << m_parts.dial << m_parts.flows << m_parts.notices;
    const QWidget *now = m_parts.window->focusWidget();
    const auto count = stops.size();
    qsizetype at = -1;
    for (qsizetype i = 0; i < count; ++i) {
        if (now != nullptr && (now == stops[i] || stops[i]->isAncestorOf(now)))
            at = i;
    }
    for (qsizetype tries = 0; tries < count; ++tries) {
        at = (at + direction + count) % count;
        QWidget *target = stops[at]->isVisible() ? firstFocus(stops[at]) : nullptr;
        if (target == nullptr)
            continue;
        target->setFocus(Qt::TabFocusReason);
        return;
    }
}

} // namespace ui
