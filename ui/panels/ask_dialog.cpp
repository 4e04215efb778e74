// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/ask_dialog.h>

#include <QComboBox>
#include <QDialogButtonBox>
#include <QLineEdit>
#include <QVBoxLayout>
#include <ui/text.h>
#include <utility>

namespace ui {

AskDialog::AskDialog(Question question, QWidget *parent)
    : CheckedDialog("askProblem", parent), m_question(std::move(question)),
      m_field(new QComboBox(this))
{
    setObjectName(QStringLiteral("ask"));
    setWindowTitle(m_question.title);
    QLabel *text = plainLabel(m_question.text, "askText", this);
    text->setWordWrap(true);
    m_field->setObjectName(QStringLiteral("askField"));
    m_field->setAccessibleName(m_question.text);
    m_field->setEditable(true);
    m_field->setInsertPolicy(QComboBox::NoInsert);
    m_field->addItems(m_question.offered);
    m_field->setCompleter(nullptr); // it would take the first Return for itself
    m_field->setEditText(m_question.now);
    m_field->lineEdit()->selectAll();
    text->setBuddy(m_field);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 16, 16, 16);
    layout->setSpacing(12);
    layout->addWidget(text);
    layout->addWidget(m_field);
    layout->addWidget(m_problem);
    layout->addWidget(buttons);
    nameInternals(this);
    resize(440, sizeHint().height());
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    m_field->setFocus(Qt::OtherFocusReason);
}

QString AskDialog::answer() const
{
    return m_field->currentText().trimmed();
}

QString AskDialog::problem() const
{
    const QString line = answer();
    if (line.isEmpty())
        return m_question.missing;
    return m_question.wrong ? m_question.wrong(line) : QString();
}

} // namespace ui
