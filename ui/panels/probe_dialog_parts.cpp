// SPDX-License-Identifier: Apache-2.0
// How the probe dialog is laid out.
#include <ui/panels/probe_dialog.h>

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QStackedWidget>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <ui/text.h>
#include <ui/theme/theme.h>
#include <ui/views/plot_view.h>

namespace ui {
namespace {

constexpr int kStretched = 5; // our Via

template <class W> W *named(W *widget, const char *name, const QString &spoken)
{
    widget->setObjectName(QString::fromLatin1(name));
    widget->setAccessibleName(spoken);
    widget->setToolTip(plainTip(spoken));
    return widget;
}

template <class Box> Box *number(Box *box, double least, double most, double now)
{
    using Value = decltype(box->value());
    box->setButtonSymbols(QAbstractSpinBox::NoButtons); // digits are typed, arrow keys work
    box->setRange(static_cast<Value>(least), static_cast<Value>(most));
    box->setValue(static_cast<Value>(now));
    return box;
}

void addField(QHBoxLayout *row, const QString &title, const char *name, QWidget *field,
              int stretch = 0)
{
    QLabel *label = plainLabel(title, name, field->parentWidget());
    label->setBuddy(field);
    row->addWidget(label);
    row->addWidget(field, stretch);
}

} // namespace

void ProbeDialog::makeFields(desk::ProbeKind kind)
{
    named(m_kind, "probeKind", tr("What to send"));
    m_kind->addItems({tr("OPTIONS, round-trip times"), tr("The hops to it (Max-Forwards)"),
                      tr("Bytes as they are")}); // as desk::ProbeKind counts
    m_kind->setCurrentIndex(static_cast<int>(kind));
    named(m_target, "probeTarget", tr("Target, a SIP URI"));
    m_target->setPlaceholderText(QStringLiteral("sip:alice@example.com"));
    m_target->setText(QString::fromStdString(m_like.target));
    named(m_wait, "probeWait", tr("Seconds to wait for each answer"));
    number(m_wait, 0.1, 60, 4)->setSuffix(tr(" s"));
    m_pages->setObjectName(QStringLiteral("probePages"));
    m_pages->addWidget(makeOptionsPage());
    m_pages->addWidget(makeTracePage());
    m_pages->addWidget(makeRawPage());
    m_pages->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
    m_route->setProperty("muted", true);
    m_route->setWordWrap(true);
    m_route->setText(tr("From %1, %2, over %3: as the test-call bar has it.")
                         .arg(shown(m_like.from),
                              m_like.proxy.empty() ? tr("straight to the target")
                                                   : tr("by way of %1").arg(shown(m_like.proxy)),
                              m_like.transport == base::Transport::Unknown
                                  ? tr("what DNS says")
                                  : shown(base::transportText(m_like.transport))));
}

QWidget *ProbeDialog::makeOptionsPage()
{
    auto *page = new QWidget(this);
    page->setObjectName(QStringLiteral("probeOptions"));
    m_count = named(new QSpinBox(page), "probeCount", tr("How many OPTIONS"));
    number(m_count, 1, desk::kMostProbeRequests, 5);
    m_interval =
        named(new QDoubleSpinBox(page), "probeInterval", tr("Seconds from one to the next"));
    number(m_interval, 0.02, 60, 1)->setSuffix(tr(" s"));
    auto *row = new QHBoxLayout(page);
    row->setContentsMargins(0, 0, 0, 0);
    addField(row, tr("H&ow many"), "probeCountLabel", m_count);
    addField(row, tr("&Every"), "probeIntervalLabel", m_interval);
    row->addStretch(1);
    return page;
}

QWidget *ProbeDialog::makeTracePage()
{
    auto *page = new QWidget(this);
    page->setObjectName(QStringLiteral("probeTrace"));
    m_hops = named(new QSpinBox(page), "probeHops", tr("The most hops tried"));
    number(m_hops, 1, desk::kMostProbeHops, 30);
    auto *row = new QHBoxLayout(page);
    row->setContentsMargins(0, 0, 0, 0);
    addField(row, tr("At m&ost, hops"), "probeHopsLabel", m_hops);
    row->addStretch(1);
    return page;
}

QWidget *ProbeDialog::makeRawPage()
{
    auto *page = new QWidget(this);
    page->setObjectName(QStringLiteral("probeRaw"));
    m_bytes = named(new QPlainTextEdit(page), "probeBytes",
                    tr("The bytes; a new line is CRLF, \\r \\n \\t \\0 \\\\ and \\xHH stand for "
                       "theirs"));
    m_bytes->setPlaceholderText(tr("OPTIONS sip:bob@example.com SIP/2.0\nVia: broken on purpose\n"
                                   "Lines end with CRLF; \\0 and \\xHH are bytes."));
    m_bytes->setTabChangesFocus(true);
    m_bytes->setFont(m_theme.font(FontKind::Mono));
    m_bytes->setFixedHeight(6 * m_bytes->fontMetrics().lineSpacing() + 12);
    m_bytes->setProperty("bytes", true);
    m_warning = plainLabel({}, "probeWarning", page);
    m_warning->setProperty("problem", true);
    m_warning->setWordWrap(true);
    m_consent = named(new QCheckBox(tr("This peer is &mine to test"), page), "probeConsent",
                      tr("I may send malformed bytes to this peer"));
    auto *load =
        named(new QPushButton(tr("&From a file..."), page), "probeLoad", tr("Bytes from a file"));
    load->setAutoDefault(false);
    auto *typed = named(new QPushButton(tr("&Type them"), page), "probeTyped",
                        tr("Empty the field and type the bytes"));
    typed->setAutoDefault(false);
    auto *row = new QHBoxLayout;
    row->addWidget(m_consent, 1);
    row->addWidget(load);
    row->addWidget(typed);
    auto *layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_bytes);
    layout->addWidget(m_warning);
    layout->addLayout(row);
    connect(load, &QPushButton::clicked, this, &ProbeDialog::loadBytes);
    connect(typed, &QPushButton::clicked, this, [this] {
        m_loaded.clear();
        m_bytes->setReadOnly(false);
        m_bytes->clear();
        m_bytes->setFocus();
    });
    connect(m_bytes, &QPlainTextEdit::textChanged, this, &ProbeDialog::choose);
    connect(m_consent, &QCheckBox::toggled, this, &ProbeDialog::choose);
    return page;
}

void ProbeDialog::makeList()
{
    m_list->setObjectName(QStringLiteral("probeList"));
    m_list->setAccessibleName(tr("What was answered"));
    m_list->setHeaderLabels({tr("No."), tr("Answer"), tr("ms"), tr("Who answered"), tr("Server"),
                             tr("Our Via, as it came back")});
    m_list->setRootIsDecorated(false);
    m_list->setAllColumnsShowFocus(true);
    m_list->setUniformRowHeights(true);
    m_list->setTabKeyNavigation(false);
    QHeaderView *header = m_list->header();
    header->setSectionResizeMode(QHeaderView::ResizeToContents);
    header->setSectionResizeMode(kStretched, QHeaderView::Stretch);
    header->setStretchLastSection(false);
    header->setMinimumSectionSize(44);
    connect(m_list, &QTreeWidget::itemActivated, this, &ProbeDialog::showLadder);
    connect(m_plot, &PlotView::picked, this, [this](int number) {
        if (auto *item = m_list->topLevelItem(number - 1))
            m_list->setCurrentItem(item);
    });
}

void ProbeDialog::lay()
{
    const auto name = [](QPushButton *button, const char *objectName, const QString &tip) {
        button->setObjectName(QString::fromLatin1(objectName));
        button->setToolTip(plainTip(tip));
        button->setAutoDefault(false);
    };
    name(m_begin, "probeBegin", tr("Send it"));
    name(m_cancel, "probeCancel", tr("Send nothing more and wait for nothing"));
    name(m_ladder, "probeLadder", tr("The chosen line's messages (Enter)"));
    name(m_copy, "probeCopy", tr("The table as text, for a ticket or a mail"));
    name(m_close, "probeClose", tr("Close this; a probe under way is cancelled"));
    m_begin->setProperty("accent", true);
    m_begin->setDefault(true);
    m_cancel->setEnabled(false);
    m_ladder->setEnabled(false);
    m_copy->setEnabled(false);
    m_verdict->setWordWrap(true);
    m_verdict->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto *top = new QHBoxLayout;
    addField(top, tr("Wha&t"), "probeKindLabel", m_kind);
    addField(top, tr("To"), "probeTargetLabel", m_target, 1);
    addField(top, tr("&Wait"), "probeWaitLabel", m_wait);
    auto *buttons = new QHBoxLayout;
    buttons->addWidget(m_ladder);
    buttons->addStretch(1);
    for (QPushButton *each : {m_begin, m_cancel, m_copy, m_close})
        buttons->addWidget(each);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 16, 16, 16);
    layout->setSpacing(10);
    layout->addLayout(top);
    layout->addWidget(m_pages);
    layout->addWidget(m_route);
    layout->addWidget(m_list, 2);
    layout->addWidget(m_plot, 1);
    layout->addWidget(m_verdict);
    layout->addLayout(buttons);
    resize(900, 560);
}

} // namespace ui
