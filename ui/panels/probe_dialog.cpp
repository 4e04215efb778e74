// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/probe_dialog.h>

#include <base/text.h>
#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFile>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QStackedWidget>
#include <QTreeWidget>
#include <sip/message.h>
#include <ui/focus.h>
#include <ui/text.h>
#include <ui/theme/theme.h>
#include <ui/views/plot_view.h>

namespace ui {
namespace {

constexpr int kTick = 10; // ms
constexpr int kAnswerColumn = 1;

base::Duration secondsOf(const QDoubleSpinBox &box)
{
    return base::Duration(static_cast<std::int64_t>(box.value() * 1e9));
}

} // namespace

ProbeDialog::ProbeDialog(Store &store, Focus &focus, Theme &theme, desk::ProbeKind kind,
                         engine::ProbeRequest like, Send send, QWidget *parent)
    : QDialog(parent), m_store(store), m_focus(focus), m_theme(theme), m_like(std::move(like)),
      m_send(std::move(send)), m_kind(new QComboBox(this)), m_target(new QLineEdit(this)),
      m_pages(new QStackedWidget(this)), m_wait(new QDoubleSpinBox(this)),
      m_route(plainLabel({}, "probeRoute", this)), m_verdict(plainLabel({}, "probeVerdict", this)),
      m_list(new QTreeWidget(this)), m_plot(new PlotView("probePlot", theme, this)),
      m_begin(new QPushButton(tr("&Send"), this)), m_cancel(new QPushButton(tr("Ca&ncel"), this)),
      m_ladder(new QPushButton(tr("Show in the &ladder"), this)),
      m_copy(new QPushButton(tr("&Copy"), this)), m_close(new QPushButton(tr("Close"), this))
{
    setObjectName(QStringLiteral("probeDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Probe a target"));
    makeFields(kind);
    makeList();
    lay();
    nameInternals(this);
    connect(m_kind, &QComboBox::currentIndexChanged, this, &ProbeDialog::choose);
    connect(m_target, &QLineEdit::textChanged, this, &ProbeDialog::choose);
    connect(m_begin, &QPushButton::clicked, this, &ProbeDialog::start);
    connect(m_cancel, &QPushButton::clicked, this, &ProbeDialog::stop);
    connect(m_ladder, &QPushButton::clicked, this, &ProbeDialog::showLadder);
    connect(m_close, &QPushButton::clicked, this, &QDialog::close);
    connect(m_copy, &QPushButton::clicked, this, [this] {
        if (m_probing)
            QApplication::clipboard()->setText(shownLines(m_probing->table()));
    });
    connect(&m_clock, &QTimer::timeout, this, &ProbeDialog::tick);
    connect(&store, &Store::probed, this, &ProbeDialog::take);
    connect(&theme, &Theme::changed, this, &ProbeDialog::display);
    m_plot->hide(); // until there is something to draw
    choose();
    m_target->setFocus();
}

desk::ProbeKind ProbeDialog::kind() const
{
    return static_cast<desk::ProbeKind>(std::clamp(m_kind->currentIndex(), 0, 2));
}

/// What fits the kind that is chosen; sending bytes needs the user's word each time.
void ProbeDialog::choose()
{
    const bool raw = kind() == desk::ProbeKind::Raw;
    for (int i = 0; i < m_pages->count(); ++i) // the others take no room
        m_pages->widget(i)->setSizePolicy(QSizePolicy::Preferred, i == m_kind->currentIndex()
                                                                      ? QSizePolicy::Preferred
                                                                      : QSizePolicy::Ignored);
    m_pages->setCurrentIndex(m_kind->currentIndex());
    m_pages->updateGeometry();
    if (!running())
        m_wait->setValue(raw ? 2 : 4);
    const auto bytes = desk::typedBytes(toStd(m_bytes->toPlainText()));
    const std::size_t size = !m_loaded.empty() ? m_loaded.size() : bytes ? bytes->size() : 0;
    m_warning->setText(shown(desk::rawConsent(size, toStd(m_target->text().trimmed()))));
    m_begin->setEnabled(!running() && (!raw || m_consent->isChecked()));
}

void ProbeDialog::loadBytes()
{
    const QString path = QFileDialog::getOpenFileName(this, tr("Bytes to send"));
    if (path.isEmpty())
        return;
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) {
        complain(tr("%1 cannot be read: %2.").arg(shown(toStd(path)), file.errorString()));
        return;
    }
    const QByteArray read = file.read(static_cast<qint64>(desk::kLargestProbe) + 1);
    m_loaded = read.toStdString();
    m_bytes->setReadOnly(!m_loaded.empty());
    m_bytes->setPlainText(shownLines(m_loaded));
    m_consent->setChecked(false);
    choose();
}

base::Result<desk::ProbePlan> ProbeDialog::plan() const
{
    desk::ProbePlan out;
    out.kind = kind();
    out.request = m_like;
    out.request.target = toStd(m_target->text().trimmed());
    out.count = m_count->value();
    out.hops = m_hops->value();
    out.interval = secondsOf(*m_interval);
    out.wait = secondsOf(*m_wait);
    if (out.kind == desk::ProbeKind::Raw) {
        auto bytes = desk::typedBytes(toStd(m_bytes->toPlainText()));
        if (m_loaded.empty() && !bytes)
            return tl::unexpected<base::Error>(bytes.error());
        out.request.raw = m_loaded.empty() ? std::move(*bytes) : m_loaded;
    }
    if (const auto ok = desk::checkProbe(out); !ok)
        return tl::unexpected<base::Error>(ok.error());
    return out;
}

void ProbeDialog::start()
{
    if (running() || !m_begin->isEnabled())
        return;
    auto wanted = plan();
    if (!wanted)
        return complain(shown(wanted.error().sentence));
    m_probing.emplace(std::move(*wanted));
    m_consent->setChecked(false); // the next bytes need another word
    m_list->clear();
    m_clock.start(kTick);
    tick();
}

void ProbeDialog::stop()
{
    m_clock.stop();
    if (m_probing)
        m_probing->stop();
    display();
}

void ProbeDialog::tick()
{
    if (!m_probing)
        return;
    const auto before = m_probing->lines().size();
    if (const auto request = m_probing->due(base::now())) {
        const auto handle = m_send(*request);
        if (handle)
            m_probing->sent(*handle, base::now());
        else
            m_probing->refused(handle.error().sentence);
    }
    if (m_probing->over())
        m_clock.stop();
    if (before != m_probing->lines().size() || m_probing->over())
        display();
}

void ProbeDialog::take(const engine::ProbeEvent &event)
{
    if (!m_probing)
        return;
    m_probing->add(event);
    if (m_probing->over())
        m_clock.stop();
    display();
}

void ProbeDialog::complain(const QString &sentence)
{
    QPalette palette = m_verdict->palette();
    palette.setColor(QPalette::WindowText, m_theme.tokens().colour(ladder::Role::ServerError));
    m_verdict->setPalette(palette);
    m_verdict->setText(sentence);
}

void ProbeDialog::display()
{
    m_cancel->setEnabled(running());
    m_copy->setEnabled(m_probing && !m_probing->lines().empty());
    choose();
    if (!m_probing)
        return;
    const Tokens &t = m_theme.tokens();
    const auto &lines = m_probing->lines();
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const desk::ProbeLine &line = lines[i];
        const auto index = static_cast<int>(i);
        if (index >= m_list->topLevelItemCount())
            m_list->addTopLevelItem(new QTreeWidgetItem());
        QTreeWidgetItem *item = m_list->topLevelItem(index);
        const auto value = desk::roundTripOf(line);
        const bool answered = desk::isAnswered(line);
        const QStringList cells{QString::number(line.number),
                                shown(desk::answerText(line)),
                                value ? QString::number(*value, 'f', 2) : QStringLiteral("–"),
                                answered ? shown(line.event->remote.text()) : QString(),
                                answered ? shown(line.event->server) : QString(),
                                answered ? shown(line.event->via) : QString()};
        for (int column = 0; column < cells.size(); ++column) {
            item->setText(column, cells[column]);
            item->setToolTip(column, plainTip(cells[column]));
        }
        item->setTextAlignment(2, Qt::AlignRight | Qt::AlignVCenter);
        const ladder::Role role = answered ? ladder::roleOfStatus(line.event->status)
                                  : line.event && line.event->local ? ladder::Role::ServerError
                                                                    : ladder::Role::Muted;
        item->setForeground(kAnswerColumn, t.colour(role));
    }
    if (m_list->currentItem() == nullptr && !lines.empty())
        m_list->setCurrentItem(m_list->topLevelItem(0));
    m_ladder->setEnabled(!lines.empty());
    m_plot->setPlot(m_probing->plot());
    m_plot->setVisible(m_probing->plan().kind != desk::ProbeKind::Raw && !lines.empty());
    QPalette palette = m_verdict->palette();
    const bool bad = m_probing->over() && !m_probing->good();
    palette.setColor(QPalette::WindowText,
                     bad ? t.colour(ladder::Role::ServerError) : t.colour(Neutral::Text));
    m_verdict->setPalette(palette);
    m_verdict->setText(shown(m_probing->conclusion()));
}

/// Raw bytes have the Call-ID that stands in them, if any.
std::string ProbeDialog::callIdOf(std::size_t line) const
{
    const auto &known = m_probing->lines()[line].event;
    if (m_probing->plan().kind == desk::ProbeKind::Raw) {
        const auto message = sip::parse(m_probing->plan().request.raw);
        const std::string inside(message ? message->value(sip::HeaderId::CallId) : "");
        if (!inside.empty() && m_store.callOf(inside))
            return inside;
    }
    return known ? known->callId : std::string();
}

void ProbeDialog::showLadder()
{
    const int row = m_list->indexOfTopLevelItem(m_list->currentItem());
    if (!m_probing || row < 0 || static_cast<std::size_t>(row) >= m_probing->lines().size())
        return;
    const CallPtr view = m_store.callOf(callIdOf(static_cast<std::size_t>(row)));
    if (view)
        m_focus.showCall(view->call.id());
    else
        complain(tr("The ladder has nothing of it: no message with a Call-ID was seen."));
}

void ProbeDialog::done(int result)
{
    stop();
    QDialog::done(result);
}

} // namespace ui
