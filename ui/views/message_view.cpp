// SPDX-License-Identifier: Apache-2.0
#include <ui/views/message_view.h>

#include <base/told_time.h>
#include <QVBoxLayout>
#include <ui/text.h>

namespace ui {

class MessageView::Colours : public QSyntaxHighlighter
{
public:
    Colours(Theme &theme, QTextDocument *document) : QSyntaxHighlighter(document), m_theme(theme) {}

protected:
    void highlightBlock(const QString &line) override
    {
        enum State { Start = -1, Headers = 0, Body = 1 };
        const Tokens &t = m_theme.tokens();
        QTextCharFormat strong;
        strong.setFontWeight(QFont::DemiBold);
        QTextCharFormat name;
        name.setForeground(t.colour(Neutral::Focus));
        QTextCharFormat quiet;
        quiet.setForeground(t.colour(Neutral::Muted));
        const int before = previousBlockState();
        if (before == Start && currentBlock().blockNumber() == 0) {
            setFormat(0, static_cast<int>(line.size()), strong);
            setCurrentBlockState(Headers);
        } else if (before == Headers && !line.isEmpty()) {
            const auto colon = line.indexOf(QLatin1Char(':'));
            if (colon > 0 && !line.at(0).isSpace())
                setFormat(0, static_cast<int>(colon) + 1, name);
            setCurrentBlockState(Headers);
        } else {
            setFormat(0, std::min<int>(2, static_cast<int>(line.size())), quiet); // "m=" of SDP
            setCurrentBlockState(Body);
        }
    }

private:
    Theme &m_theme;
};

MessageView::MessageView(Theme &theme, QWidget *parent)
    : QWidget(parent), m_title(plainLabel({}, "messageTitle", this)),
      m_text(new QPlainTextEdit(this)), m_colours(new Colours(theme, m_text->document()))
{
    setObjectName(QStringLiteral("messageView"));
    setProperty("page", true);
    setAttribute(Qt::WA_StyledBackground);
    m_title->setProperty("muted", true);
    m_title->setMargin(8);
    m_title->setWordWrap(true);
    m_text->setObjectName(QStringLiteral("message"));
    m_text->setAccessibleName(tr("Message text"));
    m_text->setReadOnly(true);
    m_text->setLineWrapMode(QPlainTextEdit::WidgetWidth);
    m_text->setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    m_text->setTabChangesFocus(true);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(4, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_title);
    layout->addWidget(m_text, 1);
    const auto dress = [this, &theme] {
        m_text->setFont(theme.font(FontKind::Mono));
        m_colours->rehighlight();
    };
    connect(&theme, &Theme::changed, this, dress);
    dress();
}

void MessageView::display(const trace::Trace &trace, trace::RowId row)
{
    if (row == m_row || !row.valid() || row.value >= trace.size())
        return;
    m_row = row;
    const auto &facts = trace.row(row);
    const auto *local = trace.local(row);
    m_title->setText(tr("%1  %2  %3 → %4, %5 bytes")
                         .arg(QString::fromStdString(base::utcKnown(facts.time)),
                              shown(base::transportText(facts.transport)),
                              shown(trace.source(row).text()), shown(trace.destination(row).text()))
                         .arg(facts.length));
    if (local != nullptr) {
        m_title->setText(
            tr("%1  inside Earshot").arg(QString::fromStdString(base::utc(facts.time))));
        m_text->setPlainText(shown(base::localKindText(local->kind)) + QLatin1Char('\n') +
                             shownLines(local->sentence));
        return;
    }
    m_text->setPlainText(shownLines(trace.text(row)));
}

QString MessageView::text() const
{
    return m_text->toPlainText();
}

} // namespace ui
