// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/palette.h>

#include <algorithm>
#include <diagnosis/texts.h>
#include <lab/lab.h>
#include <QAction>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QMainWindow>
#include <QMenu>
#include <QVBoxLayout>
#include <sip/status.h>
#include <ui/bridge/desk_bridge.h>
#include <ui/deeds.h>
#include <ui/focus.h>
#include <ui/models/call_facts.h>
#include <ui/text.h>

namespace ui {
namespace {

constexpr std::size_t kMost = 60, kMostCalls = 20;

bool holdsAll(const QString &text, const QStringList &words)
{
    return std::all_of(words.begin(), words.end(), [&](const QString &word) {
        return text.contains(word, Qt::CaseInsensitive);
    });
}

/// Words that people look for and that the command does not say itself.
QString alsoCalled(const QString &id)
{
    struct Name {
        const char *id, *words;
    };
    static constexpr Name kNames[] = {
        {"view.dark", "theme settings appearance night mode"},
        {"view.light", "theme settings appearance"},
        {"view.follow", "theme settings appearance system default"},
        {"view.present", "projector full screen settings"},
        {"call.network", "settings preferences tls ca dns ports"},
        {"account.add", "settings login sign in flow outbound proxy"},
        {"file.record", "settings privacy disk"},
        {"help.manual", "documentation handbook"},
        {"help.about", "version"},
        {"help.keys", "shortcuts keyboard"},
        {"help.welcome", "lab story stories tour"},
        {"view.flows", "registration outbound 5626 ping"},
    };
    for (const Name &name : kNames) {
        if (id == QLatin1String(name.id))
            return QObject::tr(name.words);
    }
    return {};
}

} // namespace

Palette::Palette(Deeds &deeds)
    : QDialog(deeds.parts().window), m_deeds(deeds), m_field(new QLineEdit(this)),
      m_list(new QListWidget(this))
{
    setObjectName(QStringLiteral("palette"));
    setWindowTitle(tr("Find a command, a call or a code"));
    m_field->setObjectName(QStringLiteral("paletteField"));
    m_field->setAccessibleName(tr("Find a command, a call or a code"));
    m_field->setPlaceholderText(tr("Command, name of a caller, Call-ID, code"));
    m_field->installEventFilter(this);
    m_list->setObjectName(QStringLiteral("paletteList"));
    m_list->setAccessibleName(tr("What was found"));
    m_list->setWordWrap(true);
    m_list->setFocusPolicy(Qt::NoFocus); // the arrows of the field move it
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 12, 12, 12);
    layout->addWidget(m_field);
    layout->addWidget(m_list, 1);
    addCommands();
    addFlows();
    addStories();
    addTopics();
    addCodes();
    connect(m_field, &QLineEdit::textChanged, this, &Palette::fill);
    connect(m_field, &QLineEdit::returnPressed, this, &Palette::choose);
    connect(m_list, &QListWidget::itemClicked, this, &Palette::choose);
    resize(520, 420);
    fill();
}

void Palette::addCommands()
{
    for (QAction *action : m_deeds.parts().window->findChildren<QAction *>()) {
        const bool isCommand = action->objectName().contains(QLatin1Char('.'));
        if (!isCommand || !action->isEnabled())
            continue;
        QString text = action->text();
        QStringList hints;
        for (const QObject *owner : action->associatedObjects()) {
            if (const auto *menu = qobject_cast<const QMenu *>(owner))
                hints << menu->title().remove(QLatin1Char('&'));
        }
        const QString keys = action->shortcut().toString(QKeySequence::NativeText);
        if (!keys.isEmpty())
            hints << keys;
        m_fixed.push_back({text.remove(QLatin1Char('&')).remove(QLatin1String("...")),
                           hints.join(QStringLiteral(" · ")), alsoCalled(action->objectName()),
                           [action] { action->trigger(); }});
    }
}

void Palette::addStories()
{
    for (const lab::Scenario &story : lab::scenarios())
        m_fixed.push_back({tr("Lab story: %1").arg(shown(story.title)),
                           {},
                           shown(story.summary),
                           [this, name = shown(story.name)] { m_deeds.playStory(name); }});
}

/// What a word of the standards leads to: the code whose explanation speaks of it.
void Palette::addTopics()
{
    struct Topic {
        const char *title, *words;
        int code;
    };
    static constexpr Topic kTopics[] = {
        {"RFC 5626: outbound, flows, keep-alives", "flow token ob reg-id instance crlf stun", 430},
        {"RFC 5626: a first hop without outbound", "439 path ob", 439},
        {"RFC 3262: reliable provisional responses", "PRACK 100rel RSeq", 183},
        {"RFC 3960: early media and ringing tone", "ringback announcement", 183},
        {"RFC 3264: offer and answer", "SDP codec", 488},
        {"RFC 4028: session timers", "Session-Expires Min-SE", 422},
        {"RFC 6228: the end of an early dialog", "fork", 199},
        {"RFC 3261: authentication", "digest nonce password challenge", 401},
        {"RFC 3261: loops", "Max-Forwards", 483},
    };
    for (const Topic &topic : kTopics)
        m_fixed.push_back({tr(topic.title), tr("explained by %1").arg(topic.code), tr(topic.words),
                           [this, code = topic.code] { m_deeds.explainCode(code); }});
}

void Palette::addFlows()
{
    DeskBridge &bridge = *m_deeds.parts().bridge;
    for (const auto &[handle, info] : bridge.store().accounts()) {
        const engine::AccountHandle account{handle};
        const QString who = shown(info.account.aor);
        for (const auto &[regId, report] : info.flows) {
            const QString state = shown(base::flowStateText(report.state));
            m_fixed.push_back({tr("Ping flow %1 of %2").arg(regId).arg(who),
                               state,
                               {},
                               [&bridge, account, regId = regId] { bridge.ping(account, regId); }});
            m_fixed.push_back(
                {tr("Re-register flow %1 of %2").arg(regId).arg(who), state, tr("refresh"),
                 [&bridge, account, regId = regId] { bridge.reRegister(account, regId); }});
        }
        m_fixed.push_back(
            {tr("Un-register %1").arg(who), {}, tr("switch off account flows"), [this, account] {
                 m_deeds.unregister(account);
             }});
    }
}

void Palette::addCodes()
{
    for (const diagnosis::Text &article : diagnosis::articles()) {
        const int code = shown(article.name).toInt();
        if (code == 0)
            continue;
        const QString name = QStringLiteral("%1 %2").arg(code).arg(shown(sip::phrase(code)));
        m_fixed.push_back(
            {name, tr("what it means"), {}, [this, code] { m_deeds.explainCode(code); }});
        m_fixed.push_back({tr("Compare %1").arg(name), tr("with 430"), {}, [this, code] {
                               m_deeds.compare(code);
                           }});
        m_fixed.push_back({tr("Filter code:%1").arg(code), tr("only such calls"), {}, [this, code] {
                               m_deeds.filterCalls(QStringLiteral("code:%1").arg(code));
                           }});
    }
}

void Palette::addCode(int code, std::vector<Entry> &out) const
{
    if (code < 100 || code > 699 || !out.empty())
        return;
    out.push_back({tr("%1, a code that no RFC known here defines").arg(code),
                   tr("what it means"),
                   {},
                   [this, code] { m_deeds.explainCode(code); }});
    out.push_back(
        {tr("Compare %1").arg(code), tr("with 430"), {}, [this, code] { m_deeds.compare(code); }});
}

void Palette::addCalls(const QString &wanted, std::vector<Entry> &out) const
{
    const QStringList words = wanted.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    const Store &store = m_deeds.parts().bridge->store();
    std::size_t found = 0;
    for (auto at = store.calls().rbegin(); at != store.calls().rend() && found < kMostCalls; ++at) {
        const calls::Call &call = *(*at)->call;
        const QString parties = partiesOf(call, store);
        const QStringList known{parties, shown(call.from), shown(call.to), shown(call.callId)};
        if (!holdsAll(known.join(QLatin1Char(' ')), words))
            continue;
        ++found;
        out.push_back({parties, shown(call.callId), {}, [this, id = call.id] {
                           m_deeds.showLadder();
                           m_deeds.parts().focus->showCall(id);
                       }});
    }
}

void Palette::fill()
{
    const QString wanted = m_field->text().trimmed();
    const QStringList words = wanted.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    m_found.clear();
    for (const Entry &entry : m_fixed) {
        if (holdsAll(entry.text, words))
            m_found.push_back(entry);
    }
    // What begins with the word is meant more often than what only holds it.
    std::stable_partition(m_found.begin(), m_found.end(), [&](const Entry &entry) {
        return entry.text.startsWith(wanted, Qt::CaseInsensitive);
    });
    addCode(wanted.toInt(), m_found);
    if (!wanted.isEmpty())
        addCalls(wanted, m_found);
    for (const Entry &entry : m_fixed) { // what only means it comes last
        if (!holdsAll(entry.text, words) &&
            holdsAll(entry.text + QLatin1Char(' ') + entry.hint + QLatin1Char(' ') + entry.words,
                     words))
            m_found.push_back(entry);
    }
    if (m_found.size() > kMost)
        m_found.resize(kMost);
    m_list->clear();
    for (const Entry &entry : m_found)
        m_list->addItem(entry.hint.isEmpty()
                            ? entry.text
                            : QStringLiteral("%1   (%2)").arg(entry.text, entry.hint));
    if (m_found.empty()) { // a line that cannot be chosen
        auto *nothing = new QListWidgetItem(
            tr("Nothing here is called that. Names of commands and callers, Call-IDs and response "
               "codes are looked through; Ctrl+F looks into the messages."),
            m_list);
        nothing->setFlags(Qt::NoItemFlags);
        return;
    }
    m_list->setCurrentRow(0);
}

void Palette::choose()
{
    const int row = m_list->currentRow();
    if (row < 0 || static_cast<std::size_t>(row) >= m_found.size())
        return;
    const auto run = m_found[static_cast<std::size_t>(row)].run;
    accept();
    run();
}

bool Palette::eventFilter(QObject *watched, QEvent *event)
{
    if (watched != m_field || event->type() != QEvent::KeyPress)
        return QDialog::eventFilter(watched, event);
    const int key = static_cast<QKeyEvent *>(event)->key();
    const int page = 10;
    const int step = key == Qt::Key_Down       ? 1
                     : key == Qt::Key_Up       ? -1
                     : key == Qt::Key_PageDown ? page
                     : key == Qt::Key_PageUp   ? -page
                                               : 0;
    if (step == 0)
        return false;
    m_list->setCurrentRow(std::clamp(m_list->currentRow() + step, 0, m_list->count() - 1));
    return true;
}

} // namespace ui
