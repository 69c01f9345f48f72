<?php
// Sends files with the SMTP class of PHPMailer. Its argument is what `programs.py` says of the task, in JSON; it prints who was
// taken and who was not.

require '/usr/share/php/libphp-phpmailer/autoload.php';

$task = json_decode($argv[1], true);
$smtp = new PHPMailer\PHPMailer\SMTP();
$tls = isset($task['ca']) ? ['ssl' => ['cafile' => $task['ca'], 'peer_name' => 'localhost']] : [];

function need($done)
{
    global $smtp;
    if (!$done) {
        fwrite(STDERR, json_encode($smtp->getError()) . "\n");
        $smtp->quit();
        exit(1);
    }
}

need($smtp->connect(($task['tls'] === 'implicit' ? 'ssl://' : '') . $task['host'], $task['port'], 60, $tls));
need($smtp->hello('client.example'));
if ($task['tls'] === 'starttls') {
    need($smtp->startTLS());
    need($smtp->hello('client.example'));
}
if ($task['user']) {
    need($smtp->authenticate($task['user'], $task['password'], 'PLAIN'));
}
$told = [];
foreach ($task['files'] as $file) {
    need($smtp->mail($task['from']));
    $row = ['accepted' => [], 'rejected' => []];
    foreach ($task['to'] as $to) {
        $row[$smtp->recipient($to, $task['dsn'] ? 'SUCCESS,DELAY' : '') ? 'accepted' : 'rejected'][] = $to;
    }
    need($row['accepted']);
    // It sends what stands between line ends as lines, what stands after the last one too.
    need($smtp->data(preg_replace('/\r\n\z/', '', file_get_contents($file))));
    $told[] = $row;
}
$smtp->quit();
echo json_encode($told), "\n";
