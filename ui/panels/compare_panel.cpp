// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/compare_panel.h>

#include <diagnosis/explain.h>
#include <QAbstractItemView>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QGridLayout>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>
#include <sip/status.h>
#include <ui/text.h>

namespace ui {
namespace {

QPushButton *button(const QString &text, const char *name, const QString &tip, QWidget *parent)
{
    auto *out = new QPushButton(text, parent);
    out->setObjectName(QString::fromLatin1(name));
    out->setToolTip(plainTip(tip));
    return out;
}

QHBoxLayout *row(int above, int below)
{
    auto *out = new QHBoxLayout();
    out->setContentsMargins(12, above, 12, below);
    out->setSpacing(8);
    return out;
}

} // namespace

ComparePanel::ComparePanel(Store &store, Theme &theme, QWidget *parent)
    : QWidget(parent), m_store(store), m_theme(theme),
      m_left(makeChoice("compareLeft", tr("Left response code"), 183)),
      m_right(makeChoice("compareRight", tr("Right response code"), 430)),
      m_scroll(new QScrollArea(this))
{
    setObjectName(QStringLiteral("compare"));
    setProperty("page", true);
    setAttribute(Qt::WA_StyledBackground);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    QHBoxLayout *head = row(10, 6), *foot = row(6, 10);
    auto *swapButton = button(tr("Swap"), "compareSwap", tr("Swap left and right"), this);
    swapButton->setAccessibleName(tr("Swap left and right"));
    head->addWidget(m_left, 1);
    head->addWidget(swapButton);
    head->addWidget(m_right, 1);
    layout->addLayout(head);
    m_show = button(tr("Show the calls"), "compareShow",
                    tr("Only calls with one of the two codes in the call list"), this);
    auto *copies =
        button(tr("Copy as table"), "compareCopy", tr("Markdown, for a ticket or a page"), this);
    foot->addWidget(m_show);
    foot->addStretch(1);
    foot->addWidget(copies);
    connect(m_show, &QPushButton::clicked, this, [this] {
        Q_EMIT callsWanted(QStringLiteral("code:%1 | code:%2").arg(left()).arg(right()));
    });
    connect(copies, &QPushButton::clicked, this, &ComparePanel::copy);
    m_scroll->setObjectName(QStringLiteral("compareScroll"));
    m_scroll->setAccessibleName(tr("Comparison"));
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setWidgetResizable(true);
    m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    layout->addWidget(m_scroll, 1);
    layout->addLayout(foot);
    connect(swapButton, &QPushButton::clicked, this, &ComparePanel::swap);
    connect(m_left, &QComboBox::currentIndexChanged, this, &ComparePanel::fill);
    connect(m_right, &QComboBox::currentIndexChanged, this, &ComparePanel::fill);
    connect(&theme, &Theme::changed, this, &ComparePanel::fill);
    fill();
}

QComboBox *ComparePanel::makeChoice(const char *name, const QString &spoken, int code)
{
    auto *choice = new QComboBox(this);
    choice->setObjectName(QString::fromLatin1(name));
    choice->setAccessibleName(spoken);
    choice->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    choice->setMinimumContentsLength(8);
    for (const sip::Status &status : sip::statuses())
        choice->addItem(QStringLiteral("%1 %2").arg(status.code).arg(shown(status.phrase)),
                        status.code);
    choice->setCurrentIndex(choice->findData(code));
    choice->view()->setMinimumWidth(choice->view()->sizeHintForColumn(0) + 24); // whole names
    return choice;
}

int ComparePanel::left() const
{
    return m_left->currentData().toInt();
}
int ComparePanel::right() const
{
    return m_right->currentData().toInt();
}

void ComparePanel::compare(int left, int right)
{
    for (QComboBox *choice : {m_left, m_right}) // a code of the wire that no list has
        for (const int code : {left, right})
            if (choice->findData(code) < 0)
                choice->addItem(tr("%1 (in no RFC known here)").arg(code), code);
    const int l = m_left->findData(left), r = m_right->findData(right);
    if (l >= 0)
        m_left->setCurrentIndex(l);
    if (r >= 0)
        m_right->setCurrentIndex(r);
    fill(); // the counts are of now
}

void ComparePanel::copy()
{
    const auto cell = [](std::string_view text) {
        return shown(text).replace(QLatin1Char('|'), QLatin1String("\\|"));
    };
    QString table = QStringLiteral("| | %1 | %2 |\n|---|---|---|\n")
                        .arg(m_left->currentText(), m_right->currentText());
    for (const auto &line : diagnosis::compareCodes(left(), right()))
        table += QStringLiteral("| %1 | %2 | %3 |\n")
                     .arg(cell(line.aspect), cell(line.left), cell(line.right));
    QApplication::clipboard()->setText(table);
}

void ComparePanel::swap()
{
    const int l = m_left->currentIndex(), r = m_right->currentIndex();
    m_left->setCurrentIndex(r);
    m_right->setCurrentIndex(l);
}

std::array<std::size_t, 2> ComparePanel::count(int left, int right) const
{
    std::array<std::size_t, 2> out{};
    const trace::Trace &trace = m_store.trace();
    for (std::uint32_t i = 0, size = static_cast<std::uint32_t>(trace.size()); i < size; ++i) {
        const int status = trace.row({i}).status;
        out[0] += status == left ? 1 : 0;
        out[1] += status == right ? 1 : 0;
    }
    return out;
}

void ComparePanel::fill()
{
    m_body = new QWidget(m_scroll);
    m_body->setObjectName(QStringLiteral("compareBody"));
    m_body->setProperty("page", true);
    m_body->setAttribute(Qt::WA_StyledBackground);
    auto *grid = new QGridLayout(m_body);
    grid->setContentsMargins(16, 4, 16, 16);
    grid->setHorizontalSpacing(16);
    grid->setVerticalSpacing(0);
    int row = 0;
    for (const auto &line : diagnosis::compareCodes(left(), right()))
        addRow(row++, shown(line.aspect), shown(line.left), shown(line.right));
    const auto seen = count(left(), right());
    m_show->setEnabled(seen[0] + seen[1] > 0);
    const auto times = [](std::size_t n) { return counted(n, tr("time"), tr("times")); };
    addRow(row++, tr("in this session"), times(seen[0]), times(seen[1]));
    grid->setColumnStretch(1, 1);
    grid->setColumnStretch(2, 1);
    grid->setRowStretch(row, 1);
    m_scroll->setWidget(m_body); // deletes the one before
}

void ComparePanel::addRow(int row, const QString &aspect, const QString &left, const QString &right)
{
    auto *grid = static_cast<QGridLayout *>(m_body->layout());
    int column = 0;
    for (const QString &text : {aspect, left, right}) {
        QLabel *label = plainLabel(text, "compareCell", m_body);
        label->setWordWrap(true);
        label->setAlignment(Qt::AlignTop | Qt::AlignLeft);
        label->setContentsMargins(0, 8, 0, 8);
        if (column == 0) {
            label->setProperty("muted", true);
            label->setMaximumWidth(qRound(96 * m_theme.zoom()));
        } else {
            label->setTextInteractionFlags(Qt::TextSelectableByMouse);
        }
        grid->addWidget(label, row, column++);
    }
}

} // namespace ui
