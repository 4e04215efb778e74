// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/palette.h>

#include <algorithm>
#include <diagnosis/texts.h>
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
        m_fixed.push_back({text.remove(QLatin1Char('&')).remove(QLatin1String("...")),
                           action->shortcut().toString(QKeySequence::NativeText),
                           [action] { action->trigger(); }});
    }
}

void Palette::addCodes()
{
    for (const diagnosis::Text &article : diagnosis::articles()) {
        const int code = shown(article.name).toInt();
        if (code == 0)
            continue;
        m_fixed.push_back({QStringLiteral("%1 %2").arg(code).arg(shown(sip::phrase(code))),
                           tr("what it means"), [this, code] { m_deeds.compare(code); }});
    }
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
        out.push_back({parties, shown(call.callId), [this, id = call.id] {
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
    if (m_found.size() > kMost)
        m_found.resize(kMost);
    if (!wanted.isEmpty())
        addCalls(wanted, m_found);
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
