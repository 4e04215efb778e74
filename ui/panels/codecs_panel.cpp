// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/codecs_panel.h>

#include <diagnosis/codec_matrix.h>
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <ladder/words.h>
#include <QHeaderView>
#include <QLabel>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <ui/text.h>

namespace ui {
namespace {

enum Column { kCodec, kOffered, kAnswered, kSent, kReceived, kColumns };
constexpr int kRow = Qt::UserRole;

QString namedText(const diagnosis::CodecLine::Named &named)
{
    if (!named.there)
        return QStringLiteral("–");
    QString text =
        named.payloadType < 0 ? CodecsPanel::tr("yes") : QString::number(named.payloadType);
    if (!named.fmtp.empty())
        text += QStringLiteral("  ") + shown(named.fmtp);
    return text;
}

QString trafficText(const diagnosis::CodecLine::Traffic &traffic)
{
    if (traffic.packets == 0)
        return QStringLiteral("–");
    QStringList types;
    for (const int type : traffic.payloadTypes)
        types << QString::number(type);
    QString text =
        CodecsPanel::tr("%1 as %2")
            .arg(counted(traffic.packets, CodecsPanel::tr("packet"), CodecsPanel::tr("packets")),
                 types.join(QStringLiteral(", ")));
    if (traffic.foreign > 0)
        text = QStringLiteral("✕ ") + text + CodecsPanel::tr(", not negotiated");
    return text;
}

QString headingText(const diagnosis::Evidence &evidence, const diagnosis::CodecMatrix &matrix)
{
    const auto carried = [&](trace::RowId row) {
        return shown(diagnosis::messageText(evidence, row));
    };
    QString text = CodecsPanel::tr("%1 (m= line %2)").arg(shown(matrix.kind)).arg(matrix.media + 1);
    if (matrix.offer.valid())
        text +=
            CodecsPanel::tr(", offered by the %1 in %2: %3")
                .arg(matrix.byCaller ? CodecsPanel::tr("caller") : CodecsPanel::tr("callee"),
                     carried(matrix.offer),
                     matrix.offered.empty() ? CodecsPanel::tr("nothing") : shown(matrix.offered));
    else
        text += CodecsPanel::tr(", the offer was not captured");
    if (!matrix.answer.valid())
        text += CodecsPanel::tr("; not answered");
    else
        text += CodecsPanel::tr("; answered in %1: %2")
                    .arg(carried(matrix.answer), matrix.answered.empty()
                                                     ? CodecsPanel::tr("this line is missing")
                                                     : shown(matrix.answered));
    return text;
}

/// Everything that is to stand there, so that a tree that says it already stays.
QString keyOf(const std::vector<diagnosis::CodecMatrix> &matrices)
{
    QString key;
    for (const auto &matrix : matrices) {
        key += QStringLiteral("%1/%2/%3;")
                   .arg(matrix.media)
                   .arg(matrix.offer.value)
                   .arg(matrix.answer.value);
        for (const auto &line : matrix.lines)
            key += QStringLiteral("%1:%2:%3,")
                       .arg(shown(line.codec))
                       .arg(line.sent.packets)
                       .arg(line.received.packets);
    }
    return key;
}

} // namespace

CodecsPanel::CodecsPanel(Store &store, Focus &focus, Theme &theme, QWidget *parent)
    : QWidget(parent), m_store(store), m_focus(focus), m_theme(theme),
      m_empty(plainLabel({}, "noCodecs", this)), m_tree(new QTreeWidget(this))
{
    setObjectName(QStringLiteral("codecs"));
    setAccessibleName(tr("Offer and answer"));
    setProperty("page", true);
    setAttribute(Qt::WA_StyledBackground);
    m_empty->setWordWrap(true);
    m_empty->setMargin(16);
    m_empty->setProperty("muted", true);
    m_empty->setText(
        tr("What was offered, answered and sent shows here codec by codec, once a call "
           "has an answer to its offer."));
    makeTree();
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_empty);
    layout->addWidget(m_tree, 1);
    setFocusProxy(m_tree);
    m_tree->hide();
    connect(&focus, &Focus::callChanged, this, &CodecsPanel::refresh);
    connect(&theme, &Theme::changed, this, [this] {
        m_shown.clear();
        refresh();
    });
}

void CodecsPanel::makeTree()
{
    m_tree->setObjectName(QStringLiteral("codecsTree"));
    m_tree->setAccessibleName(tr("Codecs offered, answered, sent and received"));
    m_tree->setColumnCount(kColumns);
    m_tree->setHeaderLabels({tr("Codec"), tr("Offered as"), tr("Answered as"), tr("Caller sent"),
                             tr("Caller received")});
    m_tree->setAllColumnsShowFocus(true);
    m_tree->setTabKeyNavigation(false);
    m_tree->setUniformRowHeights(true);
    for (int column = 0; column + 1 < kColumns; ++column)
        m_tree->header()->setSectionResizeMode(column, QHeaderView::ResizeToContents);
    const auto jump = [this](QTreeWidgetItem *item) {
        const QVariant row = item->data(kCodec, kRow);
        diagnosis::EvidenceRef place;
        if (row.isValid())
            place.row = trace::RowId{row.toUInt()};
        if (place.row.valid())
            m_focus.jump(place);
    };
    connect(m_tree, &QTreeWidget::itemClicked, this, jump);
    connect(m_tree, &QTreeWidget::itemActivated, this, jump);
}

void CodecsPanel::showEvent(QShowEvent *event)
{
    refresh();
    QWidget::showEvent(event);
}

/// A line over all columns.
QTreeWidgetItem *CodecsPanel::heading(const QString &text, trace::RowId row)
{
    auto *item = new QTreeWidgetItem(m_tree);
    item->setText(kCodec, text);
    item->setToolTip(kCodec, plainTip(text));
    item->setFirstColumnSpanned(true);
    if (row.valid())
        item->setData(kCodec, kRow, row.value);
    return item;
}

void CodecsPanel::refresh()
{
    if (!isVisible())
        return; // worked out when somebody looks
    const CallPtr view = m_focus.call();
    std::vector<std::vector<diagnosis::CodecMatrix>> all;
    QString key;
    if (view && view->call->kind == calls::Kind::Call) {
        const auto evidence = m_store.evidence(*view);
        for (std::uint32_t i = 0; i < view->call->earlyDialogs.size(); ++i) {
            all.push_back(diagnosis::codecMatrices(evidence, i));
            key += QStringLiteral("%1|").arg(view->call->id.value) + keyOf(all.back());
        }
    }
    if (key == m_shown && !key.isEmpty())
        return;
    m_shown = key;
    m_tree->clear();
    for (std::uint32_t i = 0; i < all.size(); ++i) {
        const auto evidence = m_store.evidence(*view);
        if (all.size() > 1 && !all[i].empty()) {
            auto *item =
                heading(tr("Early dialog %1 (%2)")
                            .arg(i + 1)
                            .arg(shown(ladder::tagText(view->call->earlyDialogs[i].toTag))),
                        view->call->earlyDialogs[i].firstSdp);
            QFont font = m_tree->font();
            font.setBold(true);
            item->setFont(kCodec, font);
        }
        for (const auto &change : diagnosis::answerChanges(evidence, i)) {
            auto *item = heading(shown(diagnosis::changeText(evidence, change)), change.after);
            if (!change.differences.empty())
                item->setForeground(kCodec, m_theme.tokens().colour(ladder::Role::ClientError));
        }
        for (const auto &matrix : all[i]) {
            auto *head = heading(headingText(evidence, matrix),
                                 matrix.answer.valid() ? matrix.answer : matrix.offer);
            for (const auto &line : matrix.lines) {
                auto *item = new QTreeWidgetItem(
                    head, {shown(line.codec), namedText(line.offered), namedText(line.answered),
                           trafficText(line.sent), trafficText(line.received)});
                for (const auto &[column, traffic] :
                     {std::pair(kSent, &line.sent), std::pair(kReceived, &line.received)})
                    if (traffic->foreign > 0)
                        item->setForeground(column,
                                            m_theme.tokens().colour(ladder::Role::ServerError));
            }
            head->setExpanded(true);
        }
    }
    const bool any = m_tree->topLevelItemCount() > 0;
    m_empty->setVisible(!any);
    m_tree->setVisible(any);
}

} // namespace ui
