// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/batch_dialog.h>

#include <base/text.h>
#include <QApplication>
#include <QClipboard>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSpinBox>
#include <QTreeWidget>
#include <ui/export/exporter.h>
#include <ui/focus.h>
#include <ui/listening.h>
#include <ui/panels/light_look.h>
#include <ui/text.h>
#include <ui/theme/theme.h>
#include <ui/views/plot_view.h>

namespace ui {
namespace {

constexpr int kPace = 5, kTick = 200; // ms
enum Column { Number, Code, Pdd, CutThrough, Answer, Early, Mos, Phrase };

/// Numbers are sorted as such, what is not known comes last.
class Item : public QTreeWidgetItem
{
public:
    using QTreeWidgetItem::QTreeWidgetItem;
    bool operator<(const QTreeWidgetItem &other) const override
    {
        const int column = treeWidget() != nullptr ? treeWidget()->sortColumn() : 0;
        const QVariant mine = data(column, Qt::UserRole), theirs = other.data(column, Qt::UserRole);
        if (mine.isValid() != theirs.isValid())
            return mine.isValid();
        if (mine.isValid() && mine.toDouble() != theirs.toDouble())
            return mine.toDouble() < theirs.toDouble();
        if (!mine.isValid() && text(column) != other.text(column))
            return text(column) < other.text(column);
        return data(Number, Qt::UserRole).toInt() < other.data(Number, Qt::UserRole).toInt();
    }
};

void setFigure(QTreeWidgetItem &item, int column, const std::optional<double> &value, int decimals)
{
    item.setText(column, value ? QString::number(*value, 'f', decimals) : QStringLiteral("–"));
    item.setData(column, Qt::UserRole, value ? QVariant(*value) : QVariant());
    item.setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);
}

diagnosis::Light lightOf(const std::string &name)
{
    return name == "green" ? diagnosis::Light::Green
           : name == "red" ? diagnosis::Light::Red
                           : diagnosis::Light::Amber;
}

base::Duration secondsOf(const QDoubleSpinBox &box)
{
    return base::Duration(static_cast<std::int64_t>(box.value() * 1e9));
}

} // namespace

BatchDialog::BatchDialog(Store &store, Focus &focus, Theme &theme, desk::CallOptions call,
                         Phone phone, QWidget *parent)
    : QDialog(parent), m_store(store), m_focus(focus), m_theme(theme), m_call(std::move(call)),
      m_phone(std::move(phone)), m_text(plainLabel({}, "batchText", this)),
      m_summary(plainLabel({}, "batchSummary", this)), m_count(new QSpinBox(this)),
      m_rate(new QDoubleSpinBox(this)), m_hangUp(new QDoubleSpinBox(this)),
      m_cancelAfter(new QDoubleSpinBox(this)), m_progress(new QProgressBar(this)),
      m_list(new QTreeWidget(this)), m_plot(new PlotView("batchPlot", theme, this)),
      m_begin(new QPushButton(tr("&Begin"), this)), m_stop(new QPushButton(tr("Ca&ncel"), this)),
      m_ladder(new QPushButton(tr("Show in the &ladder"), this)),
      m_csv(new QPushButton(tr("CS&V..."), this)), m_json(new QPushButton(tr("&JSON..."), this)),
      m_svg(new QPushButton(tr("&Picture..."), this)), m_copy(new QPushButton(tr("&Copy"), this)),
      m_close(new QPushButton(tr("Close"), this))
{
    setObjectName(QStringLiteral("batchDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Repeat the call"));
    makeFields();
    makeList();
    lay();
    nameInternals(this);
    connect(m_begin, &QPushButton::clicked, this, &BatchDialog::start);
    connect(m_stop, &QPushButton::clicked, this, &BatchDialog::stop);
    connect(m_ladder, &QPushButton::clicked, this, &BatchDialog::showLadder);
    connect(m_csv, &QPushButton::clicked, this, [this] { exportAs(QStringLiteral("csv")); });
    connect(m_json, &QPushButton::clicked, this, [this] { exportAs(QStringLiteral("json")); });
    connect(m_svg, &QPushButton::clicked, this, [this] { exportAs(QStringLiteral("svg")); });
    connect(m_close, &QPushButton::clicked, this, &QDialog::close);
    connect(m_copy, &QPushButton::clicked, this, [this] {
        if (m_batch)
            QApplication::clipboard()->setText(shownLines(desk::batchTable(*m_batch)));
    });
    connect(&m_pace, &QTimer::timeout, this, &BatchDialog::place);
    connect(&m_clock, &QTimer::timeout, this, &BatchDialog::tick);
    m_settle.setSingleShot(true);
    m_settle.setInterval(kTick);
    connect(&m_settle, &QTimer::timeout, this, &BatchDialog::measure);
    connect(&store.listening(), &Listening::heard, this, [this] {
        for (std::size_t i = 0; m_batch && i < m_batch->results().size(); ++i)
            m_touched.insert(m_batch->results()[i].callId);
        measureSoon();
    });
    connect(&store, &Store::ownCallChanged, this, &BatchDialog::take);
    connect(&store, &Store::callsTouched, this, &BatchDialog::touch);
    connect(&theme, &Theme::changed, this, &BatchDialog::display);
    m_plot->hide(); // until there is something to draw
    display();
    m_count->setFocus();
}

desk::BatchPlan BatchDialog::plan() const
{
    desk::BatchPlan out;
    out.call = m_call;
    out.call.hangUpAfter = secondsOf(*m_hangUp);
    out.call.cancelAfter = secondsOf(*m_cancelAfter);
    out.count = m_count->value();
    out.perSecond = m_rate->value();
    return out;
}

void BatchDialog::start()
{
    if (running())
        return;
    const desk::BatchPlan wanted = plan();
    if (const auto ok = desk::checkBatch(wanted); !ok) {
        m_summary->setText(shown(ok.error().sentence));
        return;
    }
    m_list->clear();
    m_items.clear();
    m_touched.clear();
    m_batch.emplace(wanted, base::now());
    m_pace.start(kPace);
    m_clock.start(kTick);
    place();
    display();
}

/// What is under way is hung up; figures that still come in are taken.
void BatchDialog::stop()
{
    m_pace.stop();
    if (!m_batch)
        return;
    m_batch->stop();
    for (const engine::CallHandle call : m_batch->underWay())
        m_phone.hangUp(call);
    tick();
}

void BatchDialog::place()
{
    while (m_batch && m_batch->due(base::now())) {
        const auto placed = m_phone.place(m_batch->plan().call);
        if (placed)
            m_batch->placed(*placed, base::now());
        else
            m_batch->refused(placed.error());
        m_news = true;
    }
}

void BatchDialog::take(const desk::CallInfo &info)
{
    if (!m_batch)
        return;
    m_batch->add(info);
    m_news = true;
}

void BatchDialog::touch(const std::vector<CallPtr> &touched)
{
    for (const CallPtr &view : touched)
        if (m_batch && view->call.folded())
            m_touched.insert(view->call->callId);
    measureSoon();
}

/// What comes after the last call's end: RTP, and what our own decoders heard.
void BatchDialog::measureSoon()
{
    if (m_batch && !running() && !m_settle.isActive())
        m_settle.start();
}

void BatchDialog::measure()
{
    for (const std::string &callId : m_touched) {
        const CallPtr view = m_store.callOf(callId);
        if (view == nullptr)
            continue;
        m_store.listening().want(view);
        m_batch->measure(m_store.evidence(*view));
        m_news = true;
    }
    m_touched.clear();
    if (std::exchange(m_news, false))
        display();
}

void BatchDialog::tick()
{
    if (!m_batch)
        return;
    if (running() && m_batch->over(base::now())) {
        m_pace.stop();
        m_clock.stop();
        m_news = true;
        for (const desk::BatchResult &each : m_batch->results())
            m_touched.insert(each.callId);
    }
    measure();
}

void BatchDialog::display()
{
    const bool any = m_batch && !m_batch->results().empty();
    for (QPushButton *each : {m_ladder, m_csv, m_json, m_svg, m_copy})
        each->setEnabled(any);
    m_begin->setEnabled(!running());
    m_stop->setEnabled(running());
    for (QWidget *each : {static_cast<QWidget *>(m_count), static_cast<QWidget *>(m_rate),
                          static_cast<QWidget *>(m_hangUp), static_cast<QWidget *>(m_cancelAfter)})
        each->setEnabled(!running());
    if (!m_batch)
        return;
    const auto &results = m_batch->results();
    m_list->setSortingEnabled(false);
    for (std::size_t i = 0; i < results.size(); ++i) {
        if (i >= m_items.size()) {
            m_items.push_back(new Item());
            m_list->addTopLevelItem(m_items.back());
        }
        displayRow(*m_items[i], results[i]);
    }
    m_list->setSortingEnabled(true);
    if (m_list->currentItem() == nullptr && !m_items.empty())
        m_list->setCurrentItem(m_items.front());
    const auto over = results.size() - m_batch->underWay().size();
    m_progress->setRange(0, m_batch->plan().count);
    m_progress->setValue(static_cast<int>(over));
    m_progress->setFormat(tr("%1 of %2 over").arg(over).arg(m_batch->plan().count));
    m_plot->setPlot(desk::plotOf(*m_batch));
    m_plot->setVisible(any);
    QString words =
        any ? shownLines(desk::summaryText(desk::summaryOf(*m_batch))).trimmed() : QString();
    if (m_batch->error())
        words += QLatin1Char('\n') + shown(m_batch->error()->sentence);
    m_summary->setText(words.trimmed());
}

void BatchDialog::displayRow(QTreeWidgetItem &item, const desk::BatchResult &result) const
{
    const Tokens &t = m_theme.tokens();
    item.setText(Number, QString::number(result.number));
    item.setData(Number, Qt::UserRole, result.number);
    item.setTextAlignment(Number, Qt::AlignRight | Qt::AlignVCenter);
    item.setText(Code, result.code == 0 ? QStringLiteral("–") : QString::number(result.code));
    item.setData(Code, Qt::UserRole, result.code == 0 ? QVariant() : QVariant(result.code));
    item.setForeground(
        Code, t.colour(result.code == 0 ? ladder::Role::Muted : ladder::roleOfStatus(result.code)));
    setFigure(item, Pdd, result.pdd, 3);
    setFigure(item, CutThrough, result.cutThrough, 3);
    setFigure(item, Answer, result.answer, 3);
    setFigure(item, Mos, result.mos, 2);
    const LightLook look = lookOf(lightOf(result.earlyMedia));
    const bool judged = !result.earlyMedia.empty();
    item.setText(Early, judged ? QString::fromUtf16(look.glyph) + QLatin1Char(' ') +
                                     shown(result.earlyMedia)
                               : QStringLiteral("–"));
    item.setForeground(Early, judged ? t.colour(look.role) : t.colour(Neutral::Muted));
    item.setToolTip(Early, plainTip(shown(result.earlyVerdict)));
    QString words = shown(desk::codeText(result));
    if (!result.earlyVerdict.empty()) // a light says little
        words += QStringLiteral("; ") + shown(result.earlyVerdict);
    item.setText(Phrase, words);
    item.setToolTip(Phrase, plainTip(words));
}

void BatchDialog::showLadder()
{
    const auto *item = m_list->currentItem();
    const int number = item != nullptr ? item->data(Number, Qt::UserRole).toInt() : 0;
    if (!m_batch || number < 1 || static_cast<std::size_t>(number) > m_batch->results().size())
        return;
    const auto &result = m_batch->results()[static_cast<std::size_t>(number) - 1];
    if (const CallPtr view = m_store.callOf(result.callId); view && !result.callId.empty())
        m_focus.showCall(view->call.id());
}

void BatchDialog::exportAs(const QString &format)
{
    if (!m_batch)
        return;
    const std::string bytes = format == QLatin1String("csv") ? desk::batchCsv(*m_batch)
                              : format == QLatin1String("json")
                                  ? desk::batchJson(*m_batch)
                                  : desk::svgOf(desk::plotOf(*m_batch));
    const QString path =
        QFileDialog::getSaveFileName(this, tr("Export the results"), tr("calls.%1").arg(format),
                                     QStringLiteral("%1 (*.%2)").arg(format.toUpper(), format));
    if (path.isEmpty())
        return;
    const auto saved = save(path, bytes);
    m_progress->setFormat(saved ? tr("The results are in %1").arg(shown(toStd(path)))
                                : shown(saved.error().sentence));
}

void BatchDialog::done(int result)
{
    if (running())
        stop(); // calls that nobody looks at any more are not left ringing
    QDialog::done(result);
}

} // namespace ui
