// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/checked_dialog.h>

#include <algorithm>
#include <QCheckBox>
#include <QLayout>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <ui/text.h>

namespace ui {

CheckedDialog::CheckedDialog(const char *name, QWidget *parent)
    : QDialog(parent), m_problem(plainLabel({}, name, this))
{
    m_problem->setWordWrap(true);
    m_problem->setProperty("problem", true);
    m_problem->hide();
}

void CheckedDialog::done(int result)
{
    const QString wrong = result == QDialog::Accepted ? problem() : QString();
    m_problem->setText(wrong);
    m_problem->setVisible(!wrong.isEmpty());
    if (wrong.isEmpty()) {
        QDialog::done(result);
        return;
    }
    if (!property("watched").toBool()) { // from the first complaint on, it follows the fields
        setProperty("watched", true);
        const auto again = [this] {
            if (!m_problem->isHidden())
                m_problem->setText(problem());
            m_problem->setVisible(!m_problem->text().isEmpty());
        };
        for (const auto *edit : findChildren<QLineEdit *>())
            connect(edit, &QLineEdit::textChanged, this, again);
        for (const auto *edit : findChildren<QPlainTextEdit *>())
            connect(edit, &QPlainTextEdit::textChanged, this, again);
        for (const auto *box : findChildren<QCheckBox *>())
            connect(box, &QCheckBox::toggled, this, again);
    }
    resize(width(), std::max(height(), layout()->totalHeightForWidth(width())));
}

} // namespace ui
