# Sends files with Net::SMTP. Its argument is what `programs.py` says of the task, in JSON; it prints who was taken and who was not.

use strict;
use warnings;
use JSON::PP;
use Net::SMTP;

my $task = decode_json($ARGV[0]);
my @tls = $task->{ca} ? (SSL_ca_file => $task->{ca}, SSL_verifycn_name => 'localhost') : ();
my $smtp = Net::SMTP->new(
    $task->{host},
    Port => $task->{port}, Hello => 'client.example', Timeout => 60,
    SSL => $task->{tls} eq 'implicit', @tls,
) or die "no connection: $@";
if ($task->{tls} eq 'starttls') {
    $smtp->starttls(@tls) or die $smtp->message;
}
if ($task->{user}) {
    $smtp->auth($task->{user}, $task->{password}) or die $smtp->message;
}
sub need {
    return if shift;
    my $message = $smtp->message;
    $smtp->quit;
    die $message;
}

my @told;
for my $file (@{ $task->{files} }) {
    open my $in, '<:raw', $file or die $!;
    my $content = do { local $/; <$in> } // '';
    my @mail = $task->{dsn} ? (Return => 'HDRS', Envelope => 'a+b') : ();
    push @mail, Bits => 8 if defined $smtp->supports('8BITMIME');
    need($smtp->mail($task->{from}, @mail));
    my %told = (accepted => [], rejected => []);
    for my $to (@{ $task->{to} }) {
        my $taken = $smtp->recipient($to, $task->{dsn} ? { Notify => ['SUCCESS', 'DELAY'] } : ());
        push @{ $told{ $taken ? 'accepted' : 'rejected' } }, $to;
    }
    need(@{ $told{accepted} } && $smtp->data($content));
    push @told, \%told;
}
$smtp->quit;
print encode_json(\@told), "\n";
