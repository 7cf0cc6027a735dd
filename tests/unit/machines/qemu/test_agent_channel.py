"""Whatever holds for the channel into a container holds for the one into a VM: the same tests."""

from __future__ import annotations

from tests.unit.machines.test_channel import (  # noqa: F401  # with this folder's fixtures
    test_a_megabyte_goes_in_and_comes_back,
    test_a_script_arrives_as_it_was_written,
    test_a_script_that_is_no_shell_fails_alone,
    test_a_signal_is_told_as_a_shell_tells_it,
    test_a_silent_command_answers_with_nothing,
    test_every_byte_comes_back_on_both_streams,
    test_megabytes_come_through_whole,
    test_nothing_of_a_script_outlives_it,
    test_output_that_looks_like_a_marker_is_only_output,
    test_stdout_and_stderr_come_apart,
    test_the_exit_status_is_the_scripts_own,
    test_the_status_of_a_script_with_input_is_the_scripts_own,
    test_threads_take_turns,
    test_what_a_script_reads_is_what_was_given,
    test_who_listens_gets_a_line_when_it_comes,
    test_who_listens_gets_both_streams,
    test_who_listens_gets_every_byte_once,
    test_without_input_a_script_reads_the_end_of_the_file,
)
from tests.unit.machines.test_channel_faults import (  # noqa: F401  # the same
    test_a_closed_channel_opens_again,
    test_a_command_that_never_stops_printing_meets_its_limit,
    test_a_command_whose_shell_died_is_not_run_again,
    test_a_shell_killed_between_two_commands_is_replaced,
    test_a_shell_killed_under_a_command_is_said,
    test_a_time_out_ends_everything_that_the_script_started,
    test_a_time_out_passes_on_the_prompt_to_who_listens,
    test_a_time_out_quotes_the_prompt_that_a_script_hangs_on,
    test_the_next_command_after_a_time_out_works,
    test_what_interrupts_a_command_ends_it,
)
