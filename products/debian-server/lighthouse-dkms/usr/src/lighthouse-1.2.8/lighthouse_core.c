// SPDX-License-Identifier: GPL-2.0
/* The register of beacons, readable as /proc/lighthouse: one line a beacon, then a line of its own. */

#include <linux/export.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

#include "lighthouse.h"

static LIST_HEAD(beacons);
static DEFINE_MUTEX(beacons_lock);
static unsigned long reads;

int lighthouse_register(struct lighthouse_beacon *beacon)
{
	if (!beacon->label || !*beacon->label || !beacon->interval_s)
		return -EINVAL;
	mutex_lock(&beacons_lock);
	list_add_tail(&beacon->link, &beacons);
	mutex_unlock(&beacons_lock);
	return 0;
}
EXPORT_SYMBOL_GPL(lighthouse_register);

void lighthouse_unregister(struct lighthouse_beacon *beacon)
{
	mutex_lock(&beacons_lock);
	list_del(&beacon->link);
	mutex_unlock(&beacons_lock);
}
EXPORT_SYMBOL_GPL(lighthouse_unregister);

static int lighthouse_show(struct seq_file *file, void *unused)
{
	struct lighthouse_beacon *beacon;

	mutex_lock(&beacons_lock);
	list_for_each_entry(beacon, &beacons, link)
		seq_printf(file, "%s every %u s, flashed %d times\n", beacon->label,
			   beacon->interval_s, atomic_read(&beacon->flashes));
	seq_printf(file, "read %lu times\n", ++reads);
	mutex_unlock(&beacons_lock);
	return 0;
}

static int __init lighthouse_core_init(void)
{
	return proc_create_single("lighthouse", 0444, NULL, lighthouse_show) ? 0 : -ENOMEM;
}
module_init(lighthouse_core_init);

static void __exit lighthouse_core_exit(void)
{
	remove_proc_entry("lighthouse", NULL);
}
module_exit(lighthouse_core_exit);

MODULE_DESCRIPTION("Register of Lighthouse beacons");
MODULE_AUTHOR("upgradeproof");
MODULE_VERSION("1.2.8");
MODULE_LICENSE("GPL");
