"""The tests of the channel to a container are also run with the channel to a VM."""

from __future__ import annotations

from tests.unit.machines.test_channel import (  # noqa: F401  # they run with the fixtures of this folder
    test_a_command_without_output_has_an_empty_answer,
    test_a_listener_receives_a_line_as_soon_as_it_is_printed,
    test_a_listener_receives_both_streams,
    test_a_listener_receives_every_byte_once,
    test_a_megabyte_is_sent_and_returned,
    test_a_script_arrives_as_it_was_written,
    test_a_script_does_not_change_the_shell_of_the_next,
    test_a_script_reads_exactly_its_input,
    test_a_signal_has_the_exit_status_of_a_shell,
    test_an_invalid_script_does_not_affect_the_next,
    test_every_byte_is_returned_on_both_streams,
    test_megabytes_of_output_are_complete,
    test_output_that_looks_like_a_marker_is_only_output,
    test_stdout_and_stderr_are_separate,
    test_the_exit_status_is_that_of_the_script,
    test_the_exit_status_of_a_script_with_input_is_that_of_the_script,
    test_threads_take_turns,
    test_without_input_a_script_reads_the_end_of_the_file,
)
from tests.unit.machines.test_channel_faults import (  # noqa: F401  # the same
    test_a_closed_channel_opens_again,
    test_a_command_that_never_stops_printing_times_out,
    test_a_command_whose_shell_died_is_not_run_again,
    test_a_shell_killed_between_two_commands_is_replaced,
    test_a_shell_killed_during_a_command_is_an_error,
    test_a_time_out_ends_everything_that_the_script_started,
    test_a_time_out_quotes_the_prompt_that_a_script_hangs_on,
    test_an_interruption_ends_the_command,
    test_the_listener_receives_the_prompt_before_a_time_out,
    test_the_next_command_after_a_time_out_works,
)
